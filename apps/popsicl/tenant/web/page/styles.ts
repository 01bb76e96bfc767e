// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/** Style sheets and declarations that the page's own scripts make. */
export function followStyles({ tag }) {
  function tagged(css) {
    const text = String(css);
    if (!/url\(|@import/i.test(text)) return text;
    return text
      .replace(
        /\burl\(\s*(["']?)([^"')]+)\1\s*\)/gi,
        (_all, _quote, address) => `url("${tag(address.trim())}")`,
      )
      .replace(
        /(@import\s+)(["'])([^"']+)\2/gi,
        (_all, before, _quote, address) => `${before}"${tag(address)}"`,
      );
  }

  function follow(prototype, names) {
    for (const name of names) {
      const method = prototype?.[name];
      if (method) {
        prototype[name] = function (...given) {
          return method.apply(
            this,
            given.map((value, at) =>
              typeof value === 'string' && (at > 0 || name !== 'setProperty') ? tagged(value) : value,
            ),
          );
        };
      }
    }
  }

  follow(CSSStyleSheet.prototype, ['insertRule', 'replace', 'replaceSync']);
  follow(CSSStyleDeclaration.prototype, ['setProperty']);
  // Its properties are no accessors that could be replaced, in Chromium: they are followed from outside.
  const followed = new WeakMap();
  const follower = {
    get(style, name) {
      const value = style[name];
      return typeof value === 'function' ? value.bind(style) : value;
    },
    set(style, name, value) {
      style[name] = typeof value === 'string' ? tagged(value) : value;
      return true;
    },
  };
  for (const { prototype } of [HTMLElement, SVGElement]) {
    const { get, set, ...rest } = Object.getOwnPropertyDescriptor(prototype, 'style');
    Object.defineProperty(prototype, 'style', {
      ...rest,
      get() {
        const style = get.call(this);
        if (!followed.has(style)) followed.set(style, new Proxy(style, follower));
        return followed.get(style);
      },
      set(value) {
        set.call(this, tagged(value));
      },
    });
  }
  const text = Object.getOwnPropertyDescriptor(Node.prototype, 'textContent');
  Object.defineProperty(Node.prototype, 'textContent', {
    ...text,
    set(value) {
      text.set.call(this, this instanceof HTMLStyleElement && value !== null ? tagged(value) : value);
    },
  });
  return { tagged };
}
