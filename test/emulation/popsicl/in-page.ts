/** What runs in pages of the browser: as text, since this program has no types of pages. */

/** Whether the site's script has run, its styles are there, and so many pictures. */
export const isWhole = (pictures: number) => `document.body.dataset.ready === 'yes'
  && document.images.length === ${pictures}
  && [...document.images].every(image => image.complete && image.naturalWidth > 0)
  && getComputedStyle(document.querySelector('#data')).minHeight === '24px'`;

/** Leaves for an address as by the page's own script. */
export const leaveFor = (address: string) => `void (location.href = ${JSON.stringify(address)})`;

/** All that a page can find out of addresses elsewhere: as picture, script, style sheet, request, frame. */
export const probes = (addresses: readonly string[]) => `(async addresses => {
  const outcome = (element, name, address) => new Promise(resolve => {
    element.onload = () => resolve('load');
    element.onerror = () => resolve('error');
    element[name] = address;
    document.body.append(element);
  });
  const made = name => document.createElement(name);
  const request = (address, mode) => fetch(address, { mode, credentials: 'include', cache: 'no-store' }).then(
    ({ type, status, redirected }) => [type, status, redirected].join(' '),
    error => String(error.message));
  const results = [];
  for (const address of addresses) {
    const frame = made('iframe');
    const framed = await outcome(frame, 'src', address);
    results.push([
      await outcome(made('img'), 'src', address),
      await outcome(made('script'), 'src', address),
      await outcome(Object.assign(made('link'), { rel: 'stylesheet' }), 'href', address),
      await request(address, 'no-cors'),
      await request(address, 'cors'),
      [framed, frame.contentWindow.length, frame.contentDocument].join(' '),
    ]);
  }
  return results;
})(${JSON.stringify(addresses)})`;

/** Milliseconds that requests to two addresses take, in pairs. */
export const timings = (first: string, second: string, pairs: number) => `(async () => {
  const taken = async address => {
    const began = performance.now();
    await fetch(address, { mode: 'no-cors', credentials: 'include', cache: 'no-store' });
    return performance.now() - began;
  };
  const [first, second] = ${JSON.stringify([first, second])};
  await taken(first);
  const all = [];
  for (let index = 0; index < ${pairs}; index++) {
    if (index % 2 === 0) all.push([await taken(first), await taken(second)]);
    else all.push([await taken(second), await taken(first)].reverse());
  }
  return all;
})()`;
