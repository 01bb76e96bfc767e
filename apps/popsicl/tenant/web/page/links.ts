// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/** Links to other tenants that the page's own scripts make go to the linker when they are followed. */
export function followLinks({ capability, neighbours, native, owned }) {
  const tenants = new Set(neighbours.tenants);

  /** The address through the linker if it is a neighbour's, else undefined. */
  function referral(address: unknown): string | undefined {
    if (address == null || owned(address) !== undefined || !URL.canParse(String(address), document.baseURI))
      return undefined;
    const url = new URL(String(address), document.baseURI);
    if (!/^https?:$/.test(url.protocol) || url.port !== '' || !tenants.has(url.hostname)) return undefined;
    const to = encodeURIComponent(url.href);
    return `https://${neighbours.linker}/?to=${to}&from=${location.hostname}&c=${capability}`;
  }

  /** Of what may be about to be followed. */
  function lead(element: unknown): void {
    const isLink = [HTMLAnchorElement, HTMLAreaElement, SVGAElement].some(kind => element instanceof kind);
    if (!isLink) return;
    for (const name of ['href', 'xlink:href']) {
      const to = referral(element.getAttribute(name));
      if (to !== undefined) native.setAttribute(element, name, to);
    }
  }

  for (const kind of ['pointerdown', 'click', 'auxclick'])
    addEventListener(kind, event => event.composedPath().forEach(lead), true);
  const { click } = HTMLElement.prototype;
  // One that is in no document tells nobody but itself.
  HTMLElement.prototype.click = function () {
    lead(this);
    click.call(this);
  };
  const open = window.open.bind(window);
  window.open = (address, ...rest) => open(referral(address) ?? address, ...rest);
  window.navigation?.addEventListener('navigate', event => {
    const to = referral(event.destination.url);
    if (to === undefined || event.formData || event.downloadRequest !== null || !event.cancelable) return;
    if (event.navigationType === 'traverse') return;
    event.preventDefault();
    location.assign(to);
  });
}
