// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/** Objects in pieces (appendix A): each is fetched in some, stripped of its padding, and made a blob of. */
export function pieceFetcher({ pieces, native, owned }) {
  const ahead = (count: number) => Array.from({ length: count - 1 }, (_, index) => index + 1);
  const someCount = () => pieces[Math.floor(Math.random() * pieces.length)]!;

  function strip(buffer: ArrayBuffer | Uint8Array): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(buffer as ArrayBuffer);
    return bytes.subarray(0, bytes.lastIndexOf(0x80));
  }

  /** As `fetch`, of an address of the tenant. */
  async function fetchPieces(request: Request): Promise<Response> {
    // What is summed over the whole cannot be judged by pieces.
    if (request.integrity) return native.fetch(request);
    const headers = [...request.headers];
    request.headers.set('Popsicl-Pieces', String(someCount()));
    const first = await native.fetch(request);
    const count = Number(first.headers.get('Popsicl-Pieces'));
    if (!count) return first;
    const id = first.headers.get('Popsicl-Rest');
    const piece = async number => {
      const answer = await native.fetch(first.url, { headers: { 'Popsicl-Rest': `${id}/${number}` } });
      if (!answer.ok) throw new TypeError('a piece is missing');
      return strip(await answer.arrayBuffer());
    };
    let parts: Uint8Array[] = [];
    try {
      parts = await Promise.all([first.arrayBuffer().then(strip), ...ahead(count).map(piece)]);
    } catch (error) {
      if (request.method !== 'GET') throw error;
      return native.fetch(request.url, { headers, signal: request.signal });
    }
    const status = Number(first.headers.get('Popsicl-Status') ?? first.status);
    const { statusText, url, redirected, type } = first;
    const body = [204, 205, 304].includes(status)
      ? null
      : new Blob(parts, { type: first.headers.get('Content-Type') ?? '' });
    const response = new Response(body, { status, statusText, headers: first.headers });
    for (const name of ['Popsicl-Pieces', 'Popsicl-Rest', 'Popsicl-Status', 'X-Padding', 'Content-Length']) {
      response.headers.delete(name);
    }
    return Object.defineProperties(response, {
      url: { value: url },
      redirected: { value: redirected },
      type: { value: type },
    });
  }

  /** The same while the parser waits, for what has to be there before it goes on. */
  function fetchPiecesNow(address: string, headers: Record<string, string>) {
    const ask = (name: string, value: string) => {
      const request = new native.XMLHttpRequest();
      request.open('GET', address, false);
      for (const [key, text] of [...Object.entries(headers), [name, value]])
        request.setRequestHeader(key!, text!);
      request.overrideMimeType('text/plain; charset=x-user-defined');
      request.send();
      return request;
    };
    const bytes = (request: XMLHttpRequest) =>
      Uint8Array.from(request.responseText, unit => unit.charCodeAt(0) & 0xff);
    try {
      const first = ask('Popsicl-Pieces', String(someCount()));
      const count = Number(first.getResponseHeader('Popsicl-Pieces'));
      if (first.status !== 200 || !count) return undefined;
      const id = first.getResponseHeader('Popsicl-Rest');
      const all = [first, ...ahead(count).map(number => ask('Popsicl-Rest', `${id}/${number}`))];
      if (all.some(({ status }) => status !== 200)) return undefined;
      const parts = all.map(request => strip(bytes(request)));
      return {
        request: first,
        blob: new Blob(parts, { type: first.getResponseHeader('Content-Type') ?? '' }),
      };
    } catch {
      return undefined;
    }
  }

  const loaded = new Map<string, Promise<string>>();

  /** Address of a blob; of the object itself where it cannot be had in pieces. */
  function blobFor(address: string): Promise<string> {
    const target = owned(address) ?? address;
    let blob = loaded.get(target);
    if (!blob) {
      blob = fetchPieces(new Request(target, { credentials: 'same-origin' }))
        .then(async response => (response.ok ? URL.createObjectURL(await response.blob()) : target))
        .catch(() => target);
      loaded.set(target, blob);
    }
    return blob;
  }

  /** A style sheet with blobs in place of what the server has marked `popsicl:`. */
  async function filled(css: string): Promise<string> {
    const marked = [...new Set([...css.matchAll(/"popsicl:([^"]*)"/g)].map(match => match[1]!))];
    const blobs = new Map<string, string>();
    await Promise.all(
      marked.map(async address => {
        const nested = /\.css([?#]|$)/.test(address);
        blobs.set(address, nested ? await styleFor(address) : await blobFor(address));
      }),
    );
    return css.replace(/"popsicl:([^"]*)"/g, (_all, address: string) => `"${blobs.get(address)}"`);
  }

  async function styleFor(address: string): Promise<string> {
    const target = owned(address) ?? address;
    const request = new Request(target, { headers: { 'Popsicl-Css': '1' }, credentials: 'same-origin' });
    const response = await fetchPieces(request).catch(() => undefined);
    if (!response?.ok) return target;
    return styleBlob(await filled(await response.text()));
  }

  function styleBlob(css: string): string {
    return URL.createObjectURL(new Blob([css], { type: 'text/css' }));
  }

  return { fetchPieces, fetchPiecesNow, blobFor, styleFor, styleBlob, filled };
}
