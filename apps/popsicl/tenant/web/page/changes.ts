// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/** What the page's own scripts put into it gets the addresses that the server would have written. */
export function followChanges({ nonce, native, owned, tag, tagged, strictReferrer }, fetcher) {
  const ASIDE = 'data-popsicl-';
  const URL_ATTRIBUTES = new Set(['src', 'href', 'xlink:href', 'action', 'formaction', 'poster', 'data']);
  const wanted = new WeakMap();

  /** Sets an attribute as the server would have written it. */
  function setAttribute(element, name, value) {
    const key = name.toLowerCase();
    if (key === 'referrerpolicy') return native.setAttribute(element, key, strictReferrer(value));
    if (key === 'srcset' || key === 'imagesrcset') {
      const set = String(value).replace(/(^|,\s*)([^\s,]\S*)/g, (_all, before, url) => before + tag(url));
      return native.setAttribute(element, key, set);
    }
    if (key === 'style') return native.setAttribute(element, key, tagged(value));
    if (!URL_ATTRIBUTES.has(key) || (key === 'data' && !(element instanceof HTMLObjectElement))) {
      return native.setAttribute(element, name, String(value));
    }
    const address = tag(value);
    if (!isObject(element, key) || owned(address) === undefined)
      return native.setAttribute(element, name, address);
    wanted.set(element, address);
    const before = inOrder(element);
    void Promise.all([
      loadsStyle(element) ? fetcher.styleFor(address) : fetcher.blobFor(address),
      before,
    ]).then(([blob]) => {
      if (wanted.get(element) !== address) return;
      if (nonce && element instanceof HTMLScriptElement && !element.nonce) element.nonce = nonce;
      native.setAttribute(element, name, blob);
    });
  }

  const loadsStyle = element => element instanceof HTMLLinkElement && /stylesheet/i.test(element.rel);

  /** Whether the defence fetches it: what is no document of its own and no module. */
  function isObject(element: Element, name: string): boolean {
    if (!fetcher) return false;
    if (element instanceof HTMLScriptElement) return element.type !== 'module';
    if (element instanceof HTMLLinkElement) return /stylesheet|icon/i.test(element.rel);
    const kinds = [
      HTMLImageElement,
      HTMLInputElement,
      HTMLMediaElement,
      HTMLSourceElement,
      HTMLTrackElement,
      SVGImageElement,
    ];
    return kinds.some(kind => element instanceof kind) && name !== 'formaction';
  }

  let lastScript = Promise.resolve();
  /** Scripts with `async = false` run in the order in which they are given their addresses. */
  function inOrder(element: Element): Promise<unknown> {
    if (!(element instanceof HTMLScriptElement) || element.async) return Promise.resolve();
    const before = lastScript;
    lastScript = new Promise(done => {
      for (const event of ['load', 'error']) element.addEventListener(event, () => done());
    });
    return before;
  }

  Element.prototype.setAttribute = function (name, value) {
    setAttribute(this, String(name), value);
  };
  const setAttributeNS = Element.prototype.setAttributeNS;
  Element.prototype.setAttributeNS = function (space, name, value) {
    setAttributeNS.call(this, space, name, /(^|:)href$/.test(name) ? tag(value) : value);
  };

  const REFLECTED = {
    src: [
      HTMLImageElement,
      HTMLScriptElement,
      HTMLIFrameElement,
      HTMLEmbedElement,
      HTMLInputElement,
      HTMLMediaElement,
    ].concat([HTMLSourceElement, HTMLTrackElement]),
    href: [HTMLAnchorElement, HTMLAreaElement, HTMLLinkElement],
    srcset: [HTMLImageElement, HTMLSourceElement],
    action: [HTMLFormElement],
    formAction: [HTMLInputElement, HTMLButtonElement],
    poster: [HTMLVideoElement],
    data: [HTMLObjectElement],
    referrerPolicy: [
      HTMLAnchorElement,
      HTMLAreaElement,
      HTMLImageElement,
      HTMLIFrameElement,
      HTMLLinkElement,
    ].concat([HTMLScriptElement]),
  };
  for (const [name, kinds] of Object.entries(REFLECTED)) {
    for (const { prototype } of kinds) {
      const { get, ...rest } = Object.getOwnPropertyDescriptor(prototype, name);
      Object.defineProperty(prototype, name, {
        ...rest,
        get() {
          return name === 'src' && wanted.has(this) ? wanted.get(this) : get.call(this);
        },
        set(value) {
          setAttribute(this, name.toLowerCase(), value);
        },
      });
    }
  }

  const inner = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML');

  /** Markup as the server would have written it; a template loads nothing. */
  function rewritten(markup: unknown): string {
    const text = String(markup);
    if (!text.includes('=') || /<(html|head|body)[\s>]/i.test(text)) return text;
    const template = document.createElement('template');
    inner.set.call(template, text);
    for (const element of template.content.querySelectorAll('*')) {
      for (const { name, value } of [...element.attributes]) {
        if (name === 'referrerpolicy' || name === 'style') setAttribute(element, name, value);
        if (name === 'srcset' || !URL_ATTRIBUTES.has(name)) continue;
        const address = tag(value);
        const put =
          element instanceof HTMLScriptElement || !isObject(element, name) || owned(address) === undefined;
        native.setAttribute(element, put ? name : ASIDE + name, address);
        if (!put) element.removeAttribute(name);
      }
      const set = element.getAttribute('srcset');
      if (set !== null) setAttribute(element, 'srcset', set);
      if (set !== null && fetcher && isObject(element, 'srcset')) {
        native.setAttribute(element, `${ASIDE}srcset`, element.getAttribute('srcset'));
        element.removeAttribute('srcset');
      }
    }
    return inner.get.call(template);
  }

  for (const name of ['innerHTML', 'outerHTML']) {
    for (const { prototype } of [Element, ShadowRoot]) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      if (!descriptor) continue;
      Object.defineProperty(prototype, name, {
        ...descriptor,
        set(markup) {
          descriptor.set.call(
            this,
            markup === null ? markup : this instanceof HTMLStyleElement ? tagged(markup) : rewritten(markup),
          );
        },
      });
    }
  }
  const { insertAdjacentHTML } = Element.prototype;
  Element.prototype.insertAdjacentHTML = function (where, markup) {
    insertAdjacentHTML.call(this, where, rewritten(markup));
  };
  const { createContextualFragment } = Range.prototype;
  Range.prototype.createContextualFragment = function (markup) {
    return createContextualFragment.call(this, rewritten(markup));
  };
  for (const name of ['write', 'writeln']) {
    const write = document[name].bind(document);
    document[name] = (...parts) => {
      const text = parts.join('');
      const whole = text.lastIndexOf('>') > text.lastIndexOf('<');
      write(whole && !/<script/i.test(text) ? rewritten(text) : text);
    };
  }
}
