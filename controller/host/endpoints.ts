import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { SessionOptions } from '../session/index.js';
import {
  connect,
  type Endpoint,
  formatEndpoint,
  type HandlerFactory,
  listen,
  parseEndpoint,
  TlsCredentials,
  type TlsFiles,
  type TransportError,
  usesTls,
} from '../transport/index.js';
import { endpointOf, type TlsValues } from './config/connection-schema.js';
import type { Config } from './config/load.js';
import type { HOST_MESSAGES } from './messages/catalogue.js';
import type { MessageLog } from './messages/message.js';
import { Occasions } from './messages/occasions.js';

export type EndpointConfig = Pick<Config, 'listen' | 'connect' | 'tls' | 'limits' | 'file'>;

/** An endpoint of the configuration with everything that its socket depends on. */
interface WantedEndpoint {
  /** Two of the same key are the same socket. */
  readonly key: string;
  readonly text: string;
  readonly isPassive: boolean;
  readonly tls: TlsFiles | undefined;
}

interface OpenEndpoint {
  readonly wanted: WantedEndpoint;
  readonly limits: Config['limits'];
  /** With the port number that the system chose. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** What a change of the endpoints did, or would do. */
export interface EndpointChanges {
  opened: string[];
  closed: string[];
}

/** The OpenFlow sockets of a controller. */
export class Endpoints {
  /** Connections that were turned away before they had a session. */
  readonly counts = { refused: 0, tlsRefused: 0 };
  private readonly log: MessageLog<typeof HOST_MESSAGES>;
  private readonly handlerFor: HandlerFactory;
  private readonly session: Partial<SessionOptions>;
  private readonly open = new Map<string, OpenEndpoint>();
  /** By the names of the files, so that each is read and watched once. */
  private readonly credentials = new Map<string, TlsCredentials>();
  private readonly refusals = new Occasions();

  constructor(
    log: MessageLog<typeof HOST_MESSAGES>,
    handlerFor: HandlerFactory,
    session: Partial<SessionOptions>,
  ) {
    this.log = log;
    this.handlerFor = handlerFor;
    this.session = session;
  }

  get listening(): string[] {
    return [...this.open.values()].filter(({ wanted }) => wanted.isPassive).map(({ endpoint }) => endpoint);
  }

  /** What `change` would do. */
  preview(config: EndpointConfig): EndpointChanges {
    const { added, removed } = this.difference(config);
    return {
      opened: added.map(({ text }) => text),
      closed: removed.map(({ wanted }) => wanted.text),
    };
  }

  /**
   * Opens what is new and closes what is no longer there; the others and their connections are not touched.
   * Rejects with the TransportError of the first endpoint that cannot be opened; all is as before then.
   */
  async change(config: EndpointConfig): Promise<EndpointChanges> {
    const { added, removed } = this.difference(config);
    const done: OpenEndpoint[] = [];
    const replaced = removed.filter(({ wanted }) => added.some(({ text }) => text === wanted.text));
    try {
      // An address that stays in use with other files or limits must be free before it is opened again.
      for (const old of replaced) await this.shut(old);
      for (const wanted of added) done.push(await this.openOne(wanted, config.limits));
    } catch (error) {
      for (const opened of done) await this.shut(opened);
      for (const { wanted, limits } of replaced) await this.openOne(wanted, limits);
      throw error;
    }
    for (const old of removed) if (!replaced.includes(old)) await this.shut(old);
    return { opened: done.map(({ endpoint }) => endpoint), closed: removed.map(({ endpoint }) => endpoint) };
  }

  /** Takes up files of TLS that have changed. */
  async refresh(): Promise<void> {
    await Promise.all([...this.credentials.values()].map(credentials => credentials.refresh()));
  }

  async close(): Promise<void> {
    for (const credentials of this.credentials.values()) credentials.close();
    await Promise.all([...this.open.values()].map(open => this.shut(open)));
  }

  private difference(config: EndpointConfig): { added: WantedEndpoint[]; removed: OpenEndpoint[] } {
    const wanted = wantedEndpoints(config);
    const keys = new Set(wanted.map(({ key }) => key));
    return {
      added: wanted.filter(({ key }) => !this.open.has(key)),
      removed: [...this.open.values()].filter(({ wanted: { key } }) => !keys.has(key)),
    };
  }

  private async openOne(wanted: WantedEndpoint, limits: Config['limits']): Promise<OpenEndpoint> {
    const { endpoint, close } = wanted.isPassive
      ? await this.listen(wanted, limits)
      : await this.connect(wanted, limits);
    const open: OpenEndpoint = { wanted, limits, endpoint, close };
    this.open.set(wanted.key, open);
    return open;
  }

  private async shut(open: OpenEndpoint): Promise<void> {
    this.open.delete(open.wanted.key);
    await open.close();
  }

  private async listen(
    { text, tls }: WantedEndpoint,
    { handshake, connections, unfinished, unfinishedPerSource }: Config['limits'],
  ): Promise<Pick<OpenEndpoint, 'endpoint' | 'close'>> {
    const listener = await listen(text, this.handlerFor, {
      session: { handshakeTimeout: handshake * 1000, ...this.session },
      maxConnections: connections,
      maxUnfinished: unfinished,
      maxUnfinishedPerSource: unfinishedPerSource,
      onRefused: error => this.refused(text, error),
      ...(await this.tlsFor(tls)),
    });
    const endpoint = formatEndpoint(listener.endpoint);
    this.log.write('endpoint-listening', { endpoint });
    if (isExposed(listener.endpoint)) this.log.write('endpoint-exposed', { endpoint });
    return { endpoint, close: () => listener.close() };
  }

  private async connect(
    { text, tls }: WantedEndpoint,
    { handshake }: Config['limits'],
  ): Promise<Pick<OpenEndpoint, 'endpoint' | 'close'>> {
    const endpoint = formatEndpoint(parseEndpoint(text));
    const connector = connect(text, this.handlerFor, {
      session: { handshakeTimeout: handshake * 1000, ...this.session },
      onFailure: error => {
        if (isAboutTls(error)) this.refused(text, error);
        else this.log.write('connection-failed', { endpoint }, error);
      },
      ...(await this.tlsFor(tls)),
    });
    return { endpoint, close: () => connector.stop() };
  }

  private async tlsFor(files: TlsFiles | undefined): Promise<{ tls?: TlsCredentials }> {
    if (files === undefined) return {};
    const id = JSON.stringify(files);
    let credentials = this.credentials.get(id);
    if (credentials === undefined) {
      credentials = await TlsCredentials.open(files, {
        reloaded: ({ certificate }) => this.log.write('tls-reloaded', { certificate }),
        failed: ({ certificate }, error) => this.log.write('tls-files-refused', { certificate }, error),
      });
      this.credentials.set(id, credentials);
    }
    return { tls: credentials };
  }

  private refused(endpoint: string, error: TransportError): void {
    if (isAboutTls(error)) this.counts.tlsRefused++;
    else this.counts.refused++;
    const times = this.refusals.count(`${endpoint} ${error.code}`);
    if (times === undefined) return;
    this.log.write('connection-refused', { endpoint, reason: error.code, times }, error);
  }
}

function wantedEndpoints(config: EndpointConfig): WantedEndpoint[] {
  const folder = config.file === undefined ? '.' : dirname(config.file);
  const wanted = (entry: Config['listen' | 'connect'][number], isPassive: boolean): WantedEndpoint => {
    const { text, tls: own } = endpointOf(entry);
    const names: TlsValues | undefined = usesTls(parseEndpoint(text)) ? (own ?? config.tls) : undefined;
    const tls = names && {
      key: resolve(folder, names.key),
      certificate: resolve(folder, names.certificate),
      ca: resolve(folder, names.ca),
    };
    return { key: JSON.stringify([text, tls, config.limits]), text, isPassive, tls };
  };
  return [
    ...config.listen.map(entry => wanted(entry, true)),
    ...config.connect.map(entry => wanted(entry, false)),
  ];
}

function isAboutTls({ code }: TransportError): boolean {
  return code.startsWith('tls-') || code.startsWith('certificate-');
}

/** Whether other machines can reach a listening endpoint that asks for no certificate. */
function isExposed(endpoint: Endpoint): boolean {
  if ('path' in endpoint || usesTls(endpoint)) return false;
  const { host } = endpoint;
  if (isIP(host) === 6) return host !== '::1';
  return !host.startsWith('127.');
}
