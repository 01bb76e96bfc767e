// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/** Elements whose addresses the server has put aside: they get blobs in their place. */
export function objectLoader(
  { nonce, native, owned },
  { fetchPiecesNow, piece, taken, quiet, blobFor, styleFor, styleBlob, filled },
) {
  const ASIDE = 'data-popsicl-';
  const aside = (element: Element, name: string) => {
    const value = element.getAttribute(ASIDE + name);
    element.removeAttribute(ASIDE + name);
    return value;
  };

  async function settle(element: Element): Promise<void> {
    if (element instanceof HTMLStyleElement && element.textContent.includes('popsicl:')) {
      element.textContent = await filled(element.textContent);
    }
    if (element.getAttribute('style')?.includes('popsicl:')) {
      native.setAttribute(element, 'style', await filled(element.getAttribute('style')!));
    }
    if (element instanceof HTMLScriptElement) {
      const src = element.async && element.type === 'text/popsicl' ? aside(element, 'src') : null;
      if (src !== null) element.replaceWith(scriptLike(element, await blobFor(src)));
      return;
    }
    if (element instanceof HTMLLinkElement && element.hasAttribute(`${ASIDE}href`)) {
      // The parser's own are loaded at once, by `now`.
      if (element.relList.contains('stylesheet') && document.readyState === 'loading') return;
      const href = aside(element, 'href')!;
      native.setAttribute(
        element,
        'href',
        await (element.relList.contains('stylesheet') ? styleFor(href) : blobFor(href)),
      );
      return;
    }
    const set = aside(element, 'srcset');
    const src = aside(element, 'src');
    const chosen = chosenSource(element) ?? (set === null ? null : bestOf(set)) ?? src;
    if (
      chosen !== null &&
      element instanceof HTMLSourceElement &&
      element.parentElement instanceof HTMLPictureElement
    ) {
      return;
    }
    if (chosen !== null) native.setAttribute(element, 'src', await blobFor(chosen));
    for (const name of ['poster', 'href', 'xlink:href']) {
      const value = aside(element, name);
      if (value !== null) native.setAttribute(element, name, await blobFor(value));
    }
  }

  /** What a `picture` would choose for its image. */
  function chosenSource(element: Element): string | null {
    if (!(element instanceof HTMLImageElement) || !(element.parentElement instanceof HTMLPictureElement))
      return null;
    for (const source of element.parentElement.querySelectorAll('source')) {
      const set = source.getAttribute(`${ASIDE}srcset`) ?? chosenSets.get(source);
      const type = source.type === '' || /^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/i.test(source.type);
      if (set && type && (source.media === '' || matchMedia(source.media).matches)) return bestOf(set);
    }
    return null;
  }
  const chosenSets = new WeakMap<Element, string>();

  /** The smallest candidate of a `srcset` that is large enough for this screen. */
  function bestOf(set: string): string | null {
    const candidates = [...set.matchAll(/(\S*[^\s,])(?:\s+([\d.]+)([wx]))?\s*(?:,|$)/g)].map(match => ({
      address: match[1]!,
      density: match[3] === 'w' ? Number(match[2]) / innerWidth : Number(match[2] ?? 1),
    }));
    candidates.sort((a, b) => a.density - b.density);
    return (
      (candidates.find(({ density }) => density >= devicePixelRatio) ?? candidates.at(-1))?.address ?? null
    );
  }

  function scriptLike(element: Element, src: string): HTMLScriptElement {
    const script = document.createElement('script');
    for (const { name, value } of element.attributes) {
      if (name !== 'type' && !name.startsWith(ASIDE)) native.setAttribute(script, name, value);
    }
    if (nonce) script.nonce = nonce;
    native.setAttribute(script, 'src', src);
    return script;
  }

  /** Puts an element in its place before the parser goes on: `name` is `OBJECT.COUNT`, as its `pieces` say. */
  function now(name: string): void {
    const runner = document.currentScript!;
    // Scripts that did not come.
    while (runner.previousElementSibling?.hasAttribute(`${ASIDE}piece`))
      runner.previousElementSibling.remove();
    runner.remove();
    const element = document.querySelector(`[${ASIDE}pieces="${name}"]`);
    if (!element) return;
    const [object, count] = name.split('.');
    const sheet = element instanceof HTMLLinkElement;
    aside(element, 'pieces');
    const address = owned(aside(element, sheet ? 'href' : 'src') ?? '')!;
    let blob = taken(object, Number(count));
    if (blob === undefined) blob = fetchPiecesNow(address, sheet ? { 'Popsicl-Css': '1' } : {})?.blob;
    const at = blob ? URL.createObjectURL(blob) : address;
    const replacement = sheet ? (element.cloneNode() as Element) : scriptLike(element, at);
    replacement.removeAttribute('defer');
    if (sheet) native.setAttribute(replacement, 'href', at);
    if (nonce) native.setAttribute(replacement, 'nonce', nonce);
    element.remove();
    native.write(replacement.outerHTML);
    if (sheet && blob) {
      blob.text().then(async css => {
        if (!css.includes('"popsicl:')) return;
        const final = styleBlob(await filled(css));
        for (const link of document.querySelectorAll(`link[href="${at}"]`))
          native.setAttribute(link, 'href', final);
      });
    }
  }

  Object.defineProperty(window, '__popsicl', { value: Object.assign(now, { piece, quiet }) });
  const settleAll = (node: Node) => {
    if (!(node instanceof Element)) return;
    for (const source of node.querySelectorAll(`source[${ASIDE}srcset]`)) {
      chosenSets.set(source, source.getAttribute(`${ASIDE}srcset`)!);
    }
    for (const element of [node, ...node.querySelectorAll('*')]) void settle(element);
  };
  new MutationObserver(records => {
    for (const { addedNodes } of records) addedNodes.forEach(settleAll);
  }).observe(document, { childList: true, subtree: true });
  // What was not the parser's to load at once, and never came to be.
  addEventListener('DOMContentLoaded', () =>
    document.querySelectorAll(`link[${ASIDE}href]`).forEach(settleAll),
  );
}
