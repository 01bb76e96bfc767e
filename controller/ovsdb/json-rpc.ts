import type { Duplex } from 'node:stream';
import { OvsdbError } from './errors.js';
import { DEFAULT_JSON_LIMITS, type JsonLimits, JsonSplitter } from './json-splitter.js';

export interface CallOptions {
  /** Gives the call up: the promise rejects at once. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until the call is given up. */
  timeout?: number | undefined;
}

export interface JsonRpcHandler {
  /** A notification: a request whose id is null. Throw OvsdbError `malformed` to end the connection. */
  notification(method: string, params: readonly unknown[]): void;
  /** The connection is over; called once, after every waiting call was rejected with `error`. */
  closed(error: OvsdbError): void;
}

export interface JsonRpcOptions {
  limits?: JsonLimits | undefined;
  /** Time limit of a call that brings none of its own, in milliseconds; 30,000 when absent. */
  callTimeout?: number | undefined;
  /** Silence after which the peer is asked for an echo, in milliseconds; 5,000 when absent, 0 for never. */
  probeInterval?: number | undefined;
  /** Calls that may wait for answers at once; 10,000 when absent. */
  maxPending?: number | undefined;
  /** Bytes that may wait for the peer to read; 16 MiB when absent. */
  maxOutput?: number | undefined;
}

interface Pending {
  method: string;
  resolve(result: unknown): void;
  reject(error: OvsdbError): void;
}

/**
 * One JSON-RPC 1.0 connection as RFC 7047 section 4 uses it, in both roles: it calls, it answers `echo`
 * (section 4.1.11), it hands over notifications. When the connection goes, nothing stays waiting.
 */
export class JsonRpcConnection {
  readonly #stream: Duplex;
  readonly #handler: JsonRpcHandler;
  readonly #splitter: JsonSplitter;
  readonly #callTimeout: number;
  readonly #maxPending: number;
  readonly #maxOutput: number;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed: OvsdbError | undefined;
  #heard = true;
  #echoSent = false;
  #probe: NodeJS.Timeout | undefined;

  constructor(stream: Duplex, handler: JsonRpcHandler, options: JsonRpcOptions = {}) {
    this.#stream = stream;
    this.#handler = handler;
    this.#splitter = new JsonSplitter(options.limits ?? DEFAULT_JSON_LIMITS);
    this.#callTimeout = options.callTimeout ?? 30_000;
    this.#maxPending = options.maxPending ?? 10_000;
    this.#maxOutput = options.maxOutput ?? 16 * 1024 * 1024;
    const probeInterval = options.probeInterval ?? 5_000;
    if (probeInterval > 0) {
      this.#probe = setInterval(() => this.#checkSilence(probeInterval), probeInterval);
      this.#probe.unref();
    }
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', cause =>
      this.close(new OvsdbError('connection-lost', `the connection broke: ${cause.message}`, { cause })),
    );
    stream.on('end', () => this.close(new OvsdbError('connection-lost', 'the server closed the connection')));
    stream.on('close', () => this.close(new OvsdbError('connection-lost', 'the connection was closed')));
  }

  /** Why the connection is over; undefined while it lasts. */
  get closed(): OvsdbError | undefined {
    return this.#closed;
  }

  /** Bytes of an unfinished incoming message. */
  get pendingBytes(): number {
    return this.#splitter.pendingBytes;
  }

  /**
   * Calls `method` and returns what `receive` makes of the result; it runs before the next message is looked at
   * and may throw OvsdbError `malformed`. Rejects with OvsdbError: `rpc-error`, `timed-out`, `aborted`,
   * `too-busy`, or what ended the connection. A call given up is cancelled at the peer when `cancel` names the
   * notification for it (RFC 7047, section 4.1.4).
   */
  call<T>(
    method: string,
    params: readonly unknown[],
    receive: (result: unknown) => T,
    options: CallOptions & { cancel?: string | undefined } = {},
  ): Promise<T> {
    const { signal, timeout = this.#callTimeout, cancel } = options;
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(aborted(method));
    if (this.#pending.size >= this.#maxPending) {
      return Promise.reject(
        new OvsdbError('too-busy', `${this.#pending.size} calls wait for answers already`),
      );
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const giveUp = (error: OvsdbError) => {
        this.#pending.get(id)?.reject(error);
        if (cancel !== undefined) this.notify(cancel, [id]);
      };
      const onAbort = () => giveUp(aborted(method));
      const timer = setTimeout(
        () => giveUp(new OvsdbError('timed-out', `${method} had no answer within ${timeout} ms`)),
        timeout,
      );
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        method,
        resolve: result => {
          settle();
          try {
            resolve(receive(result));
          } catch (error) {
            reject(error);
          }
        },
        reject: error => {
          settle();
          reject(error);
        },
      });
      signal?.addEventListener('abort', onAbort);
      this.#send({ method, params, id });
    });
  }

  notify(method: string, params: readonly unknown[]): void {
    this.#send({ method, params, id: null });
  }

  /** Ends the connection; every waiting call is rejected with `error`. Harmless when it is over already. */
  close(error: OvsdbError = new OvsdbError('closed', 'the connection was closed by its owner')): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    clearInterval(this.#probe);
    this.#stream.destroy();
    for (const pending of [...this.#pending.values()]) pending.reject(error);
    this.#handler.closed(error);
  }

  #send(message: object): void {
    if (this.#closed !== undefined) return;
    if (this.#stream.writableLength > this.#maxOutput) {
      this.close(new OvsdbError('too-busy', 'the server does not read what it is sent'));
      return;
    }
    this.#stream.write(JSON.stringify(message));
  }

  #receive(chunk: Buffer): void {
    this.#heard = true;
    this.#echoSent = false;
    try {
      for (const message of this.#splitter.push(chunk)) {
        if (this.#closed !== undefined) return;
        this.#dispatch(message as Record<string, unknown>);
      }
    } catch (error) {
      if (!(error instanceof OvsdbError)) throw error;
      this.close(error);
    }
  }

  #dispatch(message: Record<string, unknown>): void {
    const { id } = message;
    if (Object.hasOwn(message, 'method')) {
      const { method, params } = message;
      if (typeof method !== 'string' || !Array.isArray(params)) {
        throw new OvsdbError('malformed', 'a request without a method name or a list of parameters');
      }
      if (id === null || id === undefined) this.#handler.notification(method, params);
      else if (method === 'echo') this.#send({ result: params, error: null, id });
      else this.#send({ result: null, error: { error: 'unknown method' }, id });
      return;
    }
    if (!Object.hasOwn(message, 'result') && !Object.hasOwn(message, 'error')) {
      throw new OvsdbError('malformed', 'a message that is neither request nor reply');
    }
    // Ids count upwards: an old one that waits no more belongs to a call that was given up.
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id >= this.#nextId) {
      throw new OvsdbError('malformed', 'a reply to a call that was never made');
    }
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { error } = message;
    if (error === null || error === undefined) pending.resolve(message.result);
    else pending.reject(rpcError(pending.method, error));
  }

  #checkSilence(interval: number): void {
    if (this.#heard) {
      this.#heard = false;
      return;
    }
    if (this.#echoSent) {
      this.close(new OvsdbError('silent', `the server said nothing for more than ${2 * interval} ms`));
      return;
    }
    this.#echoSent = true;
    this.call('echo', [], () => {}, { timeout: 4 * interval }).catch(() => {});
  }
}

/** Bounds what a peer's error may put into a message of ours. */
const MAX_ERROR_TEXT = 2_000;

function rpcError(method: string, error: unknown): OvsdbError {
  const reported = (typeof error === 'object' ? error : {}) as { error?: unknown; details?: unknown };
  const reason = typeof error === 'string' ? error : String(reported.error ?? 'no reason given');
  const details = typeof reported.details === 'string' ? ` (${reported.details})` : '';
  return new OvsdbError('rpc-error', `${method} was refused: ${reason}${details}`.slice(0, MAX_ERROR_TEXT), {
    reason: reason.slice(0, MAX_ERROR_TEXT),
  });
}

function aborted(method: string): OvsdbError {
  return new OvsdbError('aborted', `${method} was given up by its caller`);
}
