// @ts-nocheck: this runs in browsers; with their types in the program, Node's would no longer be its own.

/** What the page's own scripts ask for gets the capability, and with the defence comes in pieces. */
export function followRequests({ native, owned, tag, strictReferrer }, fetcher) {
  window.fetch = async (input, init) => {
    const given = new Request(input instanceof Request ? input : String(input), init);
    const weak = given.referrerPolicy !== '' && strictReferrer(given.referrerPolicy) !== given.referrerPolicy;
    const request = weak ? new Request(given, { referrerPolicy: 'same-origin' }) : given;
    const address = owned(request.url);
    if (address === undefined) return native.fetch(request);
    const other = address === request.url ? request : await moved(request, address);
    return fetcher ? fetcher.fetchPieces(other) : native.fetch(other);
  };

  async function moved(request: Request, address: string): Promise<Request> {
    const { method, headers, credentials, cache, redirect, referrer, integrity, keepalive, signal } = request;
    const body = method === 'GET' || method === 'HEAD' ? undefined : await request.blob();
    // A body of no bytes would have a type of its own.
    const rest = { method, headers, credentials, cache, redirect, integrity, keepalive, signal };
    return new Request(address, { ...rest, referrer, body: body?.size ? body : undefined });
  }

  const asked = new WeakMap();
  const NONE = 'blob:none';

  /** The object comes in pieces; the browser's own request then reads the blob that they make. */
  class PageRequest extends native.XMLHttpRequest {
    open(method, url, sync = true, ...rest) {
      const address = owned(url);
      asked.delete(this);
      if (address && fetcher)
        asked.set(this, { method, address, sync, headers: new Headers(), answer: undefined });
      super.open(method, address ?? url, sync, ...rest);
    }

    setRequestHeader(name, value) {
      asked.get(this)?.headers.append(name, value);
      super.setRequestHeader(name, value);
    }

    send(body) {
      const ask = asked.get(this);
      if (!ask) return super.send(body);
      if (!ask.sync) return this.sendNow(ask, body);
      ask.controller = new AbortController();
      if (this.timeout > 0) setTimeout(() => ask.controller.abort(), this.timeout);
      const { method, address, headers, controller } = ask;
      const request = new Request(address, {
        ...{ method, headers, signal: controller.signal, credentials: 'same-origin' },
        body: /^(get|head)$/i.test(method) ? undefined : asBody(body),
      });
      fetcher
        .fetchPieces(request)
        .then(async response => {
          ask.answer = response;
          return URL.createObjectURL(await response.blob());
        })
        .catch(() => NONE)
        .then(blob => asked.get(this) === ask && this.read(blob, true));
    }

    /** A request that the page waits for; its body is sent as it is, and comes in one piece. */
    sendNow(ask, body) {
      const { method, address, headers } = ask;
      const got = /^get$/i.test(method)
        ? fetcher.fetchPiecesNow(address, Object.fromEntries(headers))
        : undefined;
      if (!got) {
        asked.delete(this);
        return super.send(body);
      }
      const { responseURL: url, status, statusText } = got.request;
      const lines = got.request.getAllResponseHeaders().trim().split('\r\n');
      const answered = new Headers(
        lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
      );
      ask.answer = { url, status, statusText, headers: answered };
      this.read(URL.createObjectURL(got.blob), false);
    }

    read(blob, sync) {
      const { responseType, timeout } = this;
      super.open('GET', blob, sync);
      if (sync) Object.assign(this, { responseType, timeout: 0 });
      super.send();
      if (sync) this.timeout = timeout;
    }

    abort() {
      asked.get(this)?.controller?.abort();
      super.abort();
    }

    get status() {
      return asked.get(this)?.answer && super.status ? asked.get(this).answer.status : super.status;
    }

    get statusText() {
      return asked.get(this)?.answer?.statusText ?? super.statusText;
    }

    get responseURL() {
      return asked.get(this)?.answer?.url ?? super.responseURL;
    }

    getResponseHeader(name) {
      const answer = asked.get(this)?.answer;
      return answer ? answer.headers.get(name) : super.getResponseHeader(name);
    }

    getAllResponseHeaders() {
      const answer = asked.get(this)?.answer;
      if (!answer) return super.getAllResponseHeaders();
      return [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
    }
  }
  window.XMLHttpRequest = PageRequest;

  function asBody(body) {
    return body instanceof Document ? new XMLSerializer().serializeToString(body) : (body ?? undefined);
  }

  for (const name of ['EventSource', 'WebSocket', 'Worker', 'SharedWorker']) {
    const Native = window[name];
    if (!Native) continue;
    window[name] = new Proxy(Native, {
      construct: (target, [address, ...rest], kind) =>
        Reflect.construct(target, [owned(address) ?? address, ...rest], kind),
    });
  }
  const beacon = navigator.sendBeacon?.bind(navigator);
  if (beacon) navigator.sendBeacon = (address, data) => beacon(tag(address), data);
  const { serviceWorker } = navigator;
  const register = serviceWorker?.register.bind(serviceWorker);
  if (register) serviceWorker.register = (address, ...rest) => register(tag(address), ...rest);
  const open = window.open.bind(window);
  window.open = (address, ...rest) => open(address === undefined ? address : tag(address), ...rest);
  for (const name of ['pushState', 'replaceState']) {
    const change = history[name].bind(history);
    history[name] = (state, title, address) => change(state, title, address == null ? address : tag(address));
  }
  window.navigation?.addEventListener('navigate', event => {
    const to = owned(event.destination.url);
    const plain = !event.hashChange && !event.formData && event.downloadRequest === null && event.cancelable;
    if (!plain || event.navigationType === 'traverse' || to === undefined || to === event.destination.url)
      return;
    event.preventDefault();
    location.assign(to);
  });

  // A cookie for a whole domain would go to every pseudonym.
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
  Object.defineProperty(Document.prototype, 'cookie', {
    ...cookie,
    set(value) {
      cookie.set.call(this, String(value).replace(/;\s*domain\s*(=[^;]*)?(?=;|$)/gi, ''));
    },
  });
}
