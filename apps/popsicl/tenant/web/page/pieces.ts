// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/**
 * Objects in pieces (appendix A): all pieces of one are asked for at once, stripped of their padding, and made a blob of. Those
 * of one answer bear the same token.
 */
export function pieceFetcher({ pieces, ahead = [], ladder, native, owned }) {
  const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
  const someCount = () => pieces[Math.floor(Math.random() * pieces.length)]!;
  const someName = () =>
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(9)))).replace(/[+/]/g, '-');
  const MARKS = ['Popsicl-Pieces', 'Popsicl-Answer', 'Popsicl-Status', 'X-Padding', 'Content-Length'];

  function strip(buffer: ArrayBuffer | Uint8Array): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(buffer as ArrayBuffer);
    return bytes.subarray(0, bytes.lastIndexOf(0x80));
  }

  /** As `fetch`, of an address of the tenant. */
  async function fetchPieces(request: Request): Promise<Response> {
    // What is summed over the whole cannot be judged by pieces.
    if (request.integrity || request.method === 'HEAD') return native.fetch(request);
    const [object, count] = [someName(), someCount()];
    const whole = request.clone();
    const ask = async (part, name) => {
      part.headers.set('Popsicl-Piece', name);
      return native.fetch(part);
    };
    if (request.method !== 'GET') {
      const first = await ask(request, `${object}.0.${count}`);
      const rest = numbers(Number(first.headers.get('Popsicl-Pieces')) || 1).slice(1);
      const take = number => ask(new Request(first.url), `${object}.${number}`);
      const answer = await reassembled([first, ...(await Promise.all(rest.map(take)))]);
      if (!answer) throw new TypeError('a piece is missing');
      return answer;
    }
    const answers = await Promise.all(
      numbers(count).map(number => ask(new Request(request), `${object}.${number}.${count}`)),
    );
    return (await reassembled(answers)) ?? native.fetch(whole);
  }

  /** Undefined where a piece is missing, or one of another answer. */
  async function reassembled(answers: Response[]): Promise<Response | undefined> {
    const first = answers.find(({ headers }) => headers.has('Popsicl-Pieces'));
    // What the application has sent may be nothing that could be cut.
    if (!first) return answers.find(({ headers }) => !headers.has('Popsicl-Answer'));
    const token = first.headers.get('Popsicl-Answer');
    if (answers.some(({ headers }) => headers.get('Popsicl-Answer') !== token)) return undefined;
    const parts = await Promise.all(answers.map(async answer => strip(await answer.arrayBuffer())));
    const status = Number(first.headers.get('Popsicl-Status') ?? first.status);
    const { statusText, url, redirected, type } = first;
    const body = [204, 205, 304].includes(status)
      ? null
      : new Blob(parts, { type: first.headers.get('Content-Type') ?? '' });
    const response = new Response(body, { status, statusText, headers: first.headers });
    for (const name of MARKS) response.headers.delete(name);
    return Object.defineProperties(response, {
      url: { value: url },
      redirected: { value: redirected },
      type: { value: type },
    });
  }

  /** The same while the parser waits, for what has to be there before it goes on. */
  function fetchPiecesNow(address: string, headers: Record<string, string>) {
    const [object, count] = [someName(), someCount()];
    const ask = (number: number) => {
      const request = new native.XMLHttpRequest();
      request.open('GET', address, false);
      for (const [key, text] of Object.entries({
        ...headers,
        'Popsicl-Piece': `${object}.${number}.${count}`,
      }))
        request.setRequestHeader(key, text);
      request.overrideMimeType('text/plain; charset=x-user-defined');
      request.send();
      return request;
    };
    try {
      const all = numbers(count).map(ask);
      const [first] = all;
      const token = first.getResponseHeader('Popsicl-Answer');
      const whole = all.every(each => each.getResponseHeader('Popsicl-Answer') === token);
      if (first.status !== 200 || !first.getResponseHeader('Popsicl-Pieces') || !whole) return undefined;
      const parts = all.map(request => strip(bytesOf(request.responseText)));
      const type = first.getResponseHeader('Content-Type') ?? '';
      return { request: first, blob: new Blob(parts, { type }) };
    } catch {
      return undefined;
    }
  }

  /** Of a text whose characters stand for bytes. */
  function bytesOf(text: string): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes;
  }

  const arrived = new Map();
  /** What the scripts say that bring the objects for which the parser waits. */
  function piece(object: string, number: number, token?: string, type?: string, text?: string): void {
    document.currentScript?.remove();
    if (!arrived.has(object)) arrived.set(object, []);
    arrived.get(object)[number] = { token, type, text };
  }

  /** The object that was brought so. Null: the server has none; undefined: not all of it is here. */
  function taken(object: string, count: number): Blob | null | undefined {
    const parts = arrived.get(object) ?? [];
    arrived.delete(object);
    if (parts.some(part => part && part.token === undefined)) return null;
    const [first] = parts;
    if (!numbers(count).every(number => parts[number] && parts[number].token === first.token))
      return undefined;
    return new Blob(
      parts.map(({ text }) => bytesOf(text)),
      { type: first.type },
    );
  }

  const loaded = new Map<string, Promise<string>>();

  /** Address of a blob; of the object itself where it cannot be had in pieces. */
  function blobFor(address: string): Promise<string> {
    const target = owned(address) ?? address;
    return loaded.get(target) ?? load(target, fetchPieces(new Request(target)));
  }

  function load(target: string, fetched: Promise<Response>): Promise<string> {
    const blob = fetched
      .then(async response => (response.ok ? URL.createObjectURL(await response.blob()) : target))
      .catch(() => target);
    loaded.set(target, blob);
    return blob;
  }

  /** An object that the server has told of. */
  async function fetchAhead(target: string, object: string, count: number): Promise<Response> {
    const named = number => `${target.split('#')[0]}&popsicl=${object}.${number}.${count}`;
    // What the parser waits for goes first.
    const ask = number => native.fetch(named(number), { priority: 'low' });
    const answers = await Promise.all(numbers(count).map(ask));
    return (await reassembled(answers)) ?? fetchPieces(new Request(target));
  }

  /** When nothing is under way of what was asked for. */
  async function settled(): Promise<void> {
    for (let seen = -1; seen !== loaded.size; ) {
      seen = loaded.size;
      await Promise.all(loaded.values());
      await new Promise(resolve => setTimeout(resolve));
    }
  }

  const sorted = [...ahead];
  if (ladder) {
    for (let at = sorted.length - 1; at > 0; at--) {
      const other = Math.floor(Math.random() * (at + 1));
      [sorted[at], sorted[other]] = [sorted[other], sorted[at]];
    }
  }
  for (const [address, object, count] of sorted) {
    const target = owned(address);
    if (target !== undefined) void load(target, fetchAhead(target, object, count));
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

  return { fetchPieces, fetchPiecesNow, piece, taken, settled, blobFor, styleFor, styleBlob, filled };
}
