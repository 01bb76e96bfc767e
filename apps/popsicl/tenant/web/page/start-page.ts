// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/** What the script is told by its own element. */
export interface PageSettings {
  readonly capability: string;
  /** Host names of the same tenant without a pseudonym. */
  readonly sites: readonly string[];
  /** Numbers of pieces; absent: there is no defence. */
  readonly pieces?: readonly number[];
  /** Objects to be fetched at once: address, what it is called, and in how many pieces it comes. */
  readonly ahead?: readonly (readonly [address: string, object: string, count: number])[];
  /** With decoys: factor between the sizes of pages, and bytes that everything sent is a multiple of. */
  readonly ladder?: number;
  readonly unit?: number;
  /** Other tenants, and the linker's host name; absent: links that scripts make stay as they are. */
  readonly neighbours?: { readonly linker: string; readonly tenants: readonly string[] };
}

/** What the other parts of the script share: settings, the browser's own functions, and which addresses are the tenant's. */
export function startPage() {
  const element = document.currentScript;
  const settings = JSON.parse(element.dataset.popsicl);
  const { nonce } = element;
  element.remove();
  const own = `c=${settings.capability}`;
  const native = {
    fetch: window.fetch.bind(window),
    XMLHttpRequest: window.XMLHttpRequest,
    write: document.write.bind(document),
    setAttribute: Function.prototype.call.bind(Element.prototype.setAttribute),
  };

  /** The address with the capability if it is the tenant's, else undefined. */
  function owned(address: unknown): string | undefined {
    let url: URL;
    try {
      url = new URL(String(address), document.baseURI);
    } catch {
      return undefined;
    }
    const web = /^(http|ws)s?:$/.test(url.protocol);
    if (!web || (url.host !== location.host && !(url.port === '' && settings.sites.includes(url.hostname))))
      return undefined;
    url.host = location.host;
    url.protocol = url.protocol.replace(/^(http|ws).*/, location.protocol === 'https:' ? '$1s' : '$1');
    const query = url.search.slice(1);
    if (!query.split('&').includes(own)) url.search = query === '' ? own : `${own}&${query}`;
    return url.href;
  }

  function tag(address: unknown): string {
    const text = String(address);
    return /^\s*(#|$)/.test(text) ? text : (owned(text) ?? text);
  }

  /** Pages tell other sites nothing of themselves. */
  function strictReferrer(policy) {
    return /^\s*(no-referrer|same-origin)\s*$/i.test(policy) ? policy : 'same-origin';
  }

  return { ...settings, nonce, native, owned, tag, strictReferrer };
}
