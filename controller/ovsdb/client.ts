import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectOptions, connectOvsdb } from './connect.js';
import { type Deferred, deferred } from './deferred.js';
import { formatOvsdbEndpoint, type OvsdbEndpoint, parseOvsdbEndpoint } from './endpoint.js';
import { OvsdbError } from './errors.js';
import { type CallOptions, JsonRpcConnection, type JsonRpcOptions } from './json-rpc.js';
import { type DatabaseSchema, parseSchema } from './schema.js';
import { readResults } from './transaction.js';
import type { WireOperation, WireResult } from './wire.js';

export type ClientState = 'connecting' | 'connected' | 'waiting' | 'closed';

export interface OvsdbClientOptions extends JsonRpcOptions, Omit<ConnectOptions, 'signal'> {
  /** Pause before a new attempt, in milliseconds: doubled from `min` (100) up to `max` (8,000). */
  backoff?: { min: number; max: number } | undefined;
  /** Hears every change of state; `error` says why, where something went wrong. */
  onState?: ((state: ClientState, error: OvsdbError | undefined) => void) | undefined;
}

/** What is set up anew on every connection before calls go through: a monitor, a lock. */
export interface Subscription {
  start(connection: JsonRpcConnection): Promise<void>;
  /** A notification for it; OvsdbError `malformed` ends the connection. */
  notify(method: string, params: readonly unknown[]): void;
  /** The connection is gone; it will be started again unless `final`. */
  lost(error: OvsdbError, final: boolean): void;
}

/**
 * A client of one OVSDB server (RFC 7047, section 4.1) that reconnects by itself. Calls made while there is no
 * connection wait for one within their time limit; calls whose connection goes are rejected with
 * `connection-lost`, since nobody knows whether the server carried them out.
 */
export class OvsdbClient {
  readonly endpoint: OvsdbEndpoint;
  readonly #options: OvsdbClientOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #stop = new AbortController();
  #state: ClientState = 'connecting';
  #connection: JsonRpcConnection | undefined;
  /** The connection on which the subscriptions are being started. */
  #attempt: JsonRpcConnection | undefined;
  /** The attempt that runs or waits; fulfilled with a connection on which every subscription runs. */
  #next: Deferred<JsonRpcConnection> = deferred();
  #lastError: OvsdbError | undefined;
  #subscriptionCount = 0;

  /** Starts to connect; attempts go on until `close`. Throws OvsdbError `bad-endpoint`. */
  constructor(endpoint: OvsdbEndpoint | string, options: OvsdbClientOptions = {}) {
    this.endpoint = typeof endpoint === 'string' ? parseOvsdbEndpoint(endpoint) : endpoint;
    this.#options = options;
    void this.#stayConnected();
  }

  /** A client whose first attempt succeeded. Rejects with its error, leaving nothing behind. */
  static async open(
    endpoint: OvsdbEndpoint | string,
    options: OvsdbClientOptions & { signal?: AbortSignal } = {},
  ): Promise<OvsdbClient> {
    const first = deferred<void>();
    const client = new OvsdbClient(endpoint, {
      ...options,
      onState: (state, error) => {
        if (state === 'connected') first.resolve();
        else if (error !== undefined) first.reject(error);
        options.onState?.(state, error);
      },
    });
    const onAbort = () => first.reject(new OvsdbError('aborted', 'connecting was given up by its caller'));
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener('abort', onAbort);
    try {
      await first.promise;
      return client;
    } catch (error) {
      client.close();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Why there is no connection, or was none the last time. */
  get lastError(): OvsdbError | undefined {
    return this.#lastError;
  }

  /** Ends everything; whatever waits is rejected with `closed`. */
  close(): void {
    if (this.#state === 'closed') return;
    const error = new OvsdbError('closed', 'the OVSDB client was closed');
    this.#setState('closed', undefined);
    this.#stop.abort();
    this.#next.reject(error);
    this.#connection?.close(error);
    this.#attempt?.close(error);
    for (const subscription of this.#subscriptions.values()) subscription.lost(error, true);
    this.#subscriptions.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Any method, any result; see JsonRpcConnection.call for what it rejects with. */
  async call<T>(
    method: string,
    params: readonly unknown[],
    receive: (result: unknown) => T,
    options: CallOptions & { cancel?: string } = {},
  ): Promise<T> {
    const { timeout = this.#options.callTimeout ?? 30_000 } = options;
    const end = performance.now() + timeout;
    const connection = this.#connection ?? (await this.#connected(method, timeout, options.signal));
    return connection.call(method, params, receive, {
      ...options,
      timeout: Math.max(1, end - performance.now()),
    });
  }

  /** RFC 7047, section 4.1.1. */
  listDatabases(options?: CallOptions): Promise<string[]> {
    return this.call(
      'list_dbs',
      [],
      result => {
        if (!Array.isArray(result) || !result.every(name => typeof name === 'string')) {
          throw new OvsdbError('malformed', 'the reply to list_dbs is no list of names');
        }
        return result;
      },
      options,
    );
  }

  /** RFC 7047, section 4.1.2. */
  schema(database: string, options?: CallOptions): Promise<DatabaseSchema> {
    return this.call('get_schema', [database], parseSchema, options);
  }

  /**
   * Carries out `operations` as one transaction (RFC 7047, section 4.1.3). Rejects with `transaction-failed` or
   * `wait-failed` when it changed nothing; a transaction given up is cancelled at the server.
   */
  transact(
    database: string,
    operations: readonly WireOperation[],
    options: CallOptions = {},
  ): Promise<WireResult[]> {
    return this.call('transact', [database, ...operations], reply => readResults(reply, operations.length), {
      ...options,
      cancel: 'cancel',
    });
  }

  /** RFC 7047, section 4.1.11. */
  echo(params: readonly unknown[] = [], options?: CallOptions): Promise<unknown> {
    return this.call('echo', params, result => result, options);
  }

  /** A name for a monitor that no other subscription of this client has. */
  newSubscriptionId(): string {
    return `cloakflow-${++this.#subscriptionCount}`;
  }

  /** Starts `subscription` now and on every later connection, until `unsubscribe`. */
  async subscribe(id: string, subscription: Subscription, options: CallOptions = {}): Promise<void> {
    const { timeout = this.#options.callTimeout ?? 30_000 } = options;
    const connection = this.#connection ?? (await this.#connected('monitor', timeout, options.signal));
    this.#subscriptions.set(id, subscription);
    try {
      await subscription.start(connection);
    } catch (error) {
      this.#subscriptions.delete(id);
      throw error;
    }
  }

  unsubscribe(id: string): void {
    this.#subscriptions.delete(id);
  }

  #connected(method: string, timeout: number, signal: AbortSignal | undefined): Promise<JsonRpcConnection> {
    return new Promise((resolve, reject) => {
      const onAbort = () =>
        finish(() => reject(new OvsdbError('aborted', `${method} was given up by its caller`)));
      const timer = setTimeout(() => {
        const because = this.#lastError === undefined ? '' : `: ${this.#lastError.message}`;
        const mend = this.#lastError?.mend;
        const details = { cause: this.#lastError, ...(mend === undefined ? {} : { mend }) };
        const text = `${method} found no connection within ${timeout} ms${because}`;
        finish(() => reject(new OvsdbError('timed-out', text, details)));
      }, timeout);
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort);
      this.#next.promise.then(
        connection => finish(() => resolve(connection)),
        error => finish(() => reject(error)),
      );
    });
  }

  async #stayConnected(): Promise<void> {
    const { min, max } = this.#options.backoff ?? { min: 100, max: 8_000 };
    let pause = min;
    while (this.#state !== 'closed') {
      const over = deferred<OvsdbError>();
      let since = Number.POSITIVE_INFINITY;
      try {
        this.#setState('connecting', undefined);
        const connection = await this.#connectOnce(over.resolve);
        this.#connection = connection;
        this.#next.resolve(connection);
        since = performance.now();
        this.#setState('connected', undefined);
        this.#lastError = await over.promise;
      } catch (error) {
        this.#lastError = asOvsdbError(error);
      }
      if (this.#stopped()) return;
      if (this.#connection !== undefined) {
        this.#connection = undefined;
        this.#next = deferred();
      }
      for (const subscription of this.#subscriptions.values()) subscription.lost(this.#lastError, false);
      this.#setState('waiting', this.#lastError);
      // A server that takes connections only to drop them is not asked more and more often.
      if (performance.now() - since > max) pause = min;
      // A random share keeps many clients of one server from coming back in step.
      await delay(pause * (0.75 + 0.5 * Math.random()), undefined, { signal: this.#stop.signal }).catch(
        () => {},
      );
      pause = Math.min(2 * pause, max);
    }
  }

  async #connectOnce(onClosed: (error: OvsdbError) => void): Promise<JsonRpcConnection> {
    const stream = await connectOvsdb(this.endpoint, { ...this.#options, signal: this.#stop.signal });
    const connection = new JsonRpcConnection(
      stream,
      {
        notification: (method, params) => this.#notify(method, params),
        closed: onClosed,
      },
      this.#options,
    );
    this.#attempt = connection;
    try {
      for (const subscription of this.#subscriptions.values()) await subscription.start(connection);
    } catch (error) {
      connection.close(asOvsdbError(error));
      throw error;
    } finally {
      this.#attempt = undefined;
    }
    if (connection.closed !== undefined) throw connection.closed;
    return connection;
  }

  #notify(method: string, params: readonly unknown[]): void {
    // Notifications name their subscription first; those for one that was just cancelled are late, not wrong.
    const [id] = params;
    if (typeof id === 'string') this.#subscriptions.get(id)?.notify(method, params);
  }

  #stopped(): boolean {
    return this.#state === 'closed';
  }

  #setState(state: ClientState, error: OvsdbError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    this.#options.onState?.(state, error);
  }

  /** The endpoint, as text. */
  toString(): string {
    return formatOvsdbEndpoint(this.endpoint);
  }
}

function asOvsdbError(error: unknown): OvsdbError {
  if (error instanceof OvsdbError) return error;
  return new OvsdbError('connect-failed', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
