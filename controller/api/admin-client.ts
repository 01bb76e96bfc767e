import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { ReloadReport } from '../host/index.js';
import type { Json } from '../openflow/index.js';
import { AdminError } from './admin-error.js';
import { checkAdminPath } from './admin-path.js';
import type { AppReport, FlowReport, PortReport, SwitchReport } from './reports.js';

const DEFAULT_TIMEOUT = 30_000;
/** A bridge with a million flows answers with about 400 MB; more is no answer of a controller. */
const MAX_ANSWER_BYTES = 2 ** 29;

/** Asks a running controller over its admin socket; every failure is an AdminError. */
export class AdminClient {
  readonly path: string;
  readonly #timeout: number;

  /** `timeout` in milliseconds, for the whole of one request. */
  constructor(path: string, options: { timeout?: number } = {}) {
    checkAdminPath(path);
    this.path = path;
    this.#timeout = options.timeout ?? DEFAULT_TIMEOUT;
  }

  switches(): Promise<SwitchReport[]> {
    return this.#array('/switches');
  }

  ports(switchId: string): Promise<PortReport[]> {
    return this.#array(`/switches/${encodeURIComponent(switchId)}/ports`);
  }

  /** `unseal`: with the addresses and ports in flows whose app seals them. */
  flows(switchId: string, unseal = false): Promise<FlowReport[]> {
    return this.#array(`/switches/${encodeURIComponent(switchId)}/flows${unseal ? '?unseal=true' : ''}`);
  }

  apps(): Promise<AppReport[]> {
    return this.#array('/apps');
  }

  async startApp(name: string): Promise<void> {
    await this.#json('POST', `/apps/${encodeURIComponent(name)}/start`);
  }

  async stopApp(name: string): Promise<void> {
    await this.#json('POST', `/apps/${encodeURIComponent(name)}/stop`);
  }

  /** Asks an app for something; its own errors keep their codes. */
  callApp(name: string, call: string, parameters: Json = null): Promise<Json> {
    const path = `/apps/${encodeURIComponent(name)}/calls/${encodeURIComponent(call)}`;
    return this.#json('POST', path, JSON.stringify(parameters)) as Promise<Json>;
  }

  /** What `reload` would do. */
  previewReload(): Promise<ReloadReport> {
    return this.#json('GET', '/config/diff') as Promise<ReloadReport>;
  }

  /** Lets the controller read its configuration again. */
  reload(): Promise<ReloadReport> {
    return this.#json('POST', '/config/reload') as Promise<ReloadReport>;
  }

  /** Metrics in the Prometheus text format. */
  async metrics(): Promise<string> {
    const { status, body } = await this.#exchange('GET', '/metrics');
    if (status !== 200) throw this.#refusal(body);
    return body;
  }

  async #array<T>(path: string): Promise<T[]> {
    const value = await this.#json('GET', path);
    if (!Array.isArray(value)) throw this.#badAnswer('the answer is no list');
    return value as T[];
  }

  async #json(method: string, path: string, sent?: string): Promise<unknown> {
    const { status, body } = await this.#exchange(method, path, sent);
    if (status < 200 || status > 299) throw this.#refusal(body);
    try {
      return JSON.parse(body);
    } catch {
      throw this.#badAnswer('the answer is no JSON');
    }
  }

  /** The error that the controller answered with. */
  #refusal(body: string): AdminError {
    try {
      const { error } = JSON.parse(body) as { error: { code: unknown; message: unknown; mend?: unknown } };
      if (typeof error.code === 'string' && typeof error.message === 'string') {
        const mend = typeof error.mend === 'string' ? { mend: error.mend } : {};
        return new AdminError(error.code, error.message, mend);
      }
    } catch {
      // No error of ours: falls through to the answer being a bad one.
    }
    return this.#badAnswer('the answer is no error of cloakflow');
  }

  #exchange(method: string, path: string, sent?: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(this.#timeout);
      const fail = (error: NodeJS.ErrnoException) => reject(this.#failure(error, signal));
      const request = httpRequest({ socketPath: this.path, method, path, signal, agent: false });
      request.on('error', fail);
      request.on('response', response => {
        this.#read(response).then(body => resolve({ status: response.statusCode ?? 0, body }), fail);
      });
      request.end(sent);
    });
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) throw this.#badAnswer('the answer is too long');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #failure(error: NodeJS.ErrnoException, signal: AbortSignal): AdminError {
    if (error instanceof AdminError) return error;
    if (signal.aborted) {
      return new AdminError('admin-timeout', `no answer on ${this.path} within ${this.#timeout / 1000} s`, {
        mend: 'The process behind it may be stopped or busy; look at its log.',
      });
    }
    switch (error.code) {
      case 'ENOENT':
      case 'ECONNREFUSED':
      case 'ENOTDIR':
        return new AdminError('no-controller', `no controller answers on ${this.path}`, {
          mend:
            'Start one with `cloakflow run`, or name the socket of the one that runs with --admin PATH' +
            (process.getuid?.() === 0 ? '.' : '; one that root runs is asked with sudo.'),
        });
      case 'EACCES':
      case 'EPERM':
        return new AdminError('admin-denied', `${this.path} belongs to another user`, {
          mend: 'Run this as the user that runs the controller.',
        });
      default:
        return this.#badAnswer(error.message);
    }
  }

  #badAnswer(why: string): AdminError {
    return new AdminError(
      'admin-bad-answer',
      `what answers on ${this.path} is no cloakflow controller: ${why}`,
      {
        mend: 'Name the right socket with --admin PATH.',
      },
    );
  }
}
