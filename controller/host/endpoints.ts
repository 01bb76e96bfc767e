import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { SessionOptions } from '../session/index.js';
import {
  type Connector,
  connect,
  type Endpoint,
  formatEndpoint,
  type HandlerFactory,
  type Listener,
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

type EndpointConfig = Pick<Config, 'listen' | 'connect' | 'tls' | 'limits' | 'file'>;

/** The OpenFlow sockets of a controller. */
export class Endpoints {
  /** Connections that were turned away before they had a session. */
  readonly counts = { refused: 0, tlsRefused: 0 };
  private readonly log: MessageLog<typeof HOST_MESSAGES>;
  private readonly handlerFor: HandlerFactory;
  private readonly session: Partial<SessionOptions>;
  private readonly listeners: Listener[] = [];
  private readonly connectors: Connector[] = [];
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
    return this.listeners.map(listener => formatEndpoint(listener.endpoint));
  }

  /** Rejects with the TransportError of the first endpoint that cannot be opened. */
  async open(config: EndpointConfig): Promise<void> {
    const { handlerFor } = this;
    const { handshake, connections, unfinished, unfinishedPerSource } = config.limits;
    const session = { handshakeTimeout: handshake * 1000, ...this.session };
    for (const entry of config.listen) {
      const { text, tls } = endpointOf(entry);
      const listener = await listen(text, handlerFor, {
        session,
        maxConnections: connections,
        maxUnfinished: unfinished,
        maxUnfinishedPerSource: unfinishedPerSource,
        onRefused: error => this.refused(text, error),
        ...(await this.tlsFor(text, tls, config)),
      });
      this.listeners.push(listener);
      const endpoint = formatEndpoint(listener.endpoint);
      this.log.write('endpoint-listening', { endpoint });
      if (isExposed(listener.endpoint)) this.log.write('endpoint-exposed', { endpoint });
    }
    for (const entry of config.connect) {
      const { text, tls } = endpointOf(entry);
      const endpoint = formatEndpoint(parseEndpoint(text));
      const onFailure = (error: TransportError) => {
        if (isAboutTls(error)) this.refused(text, error);
        else this.log.write('connection-failed', { endpoint }, error);
      };
      const secure = await this.tlsFor(text, tls, config);
      this.connectors.push(connect(text, handlerFor, { session, onFailure, ...secure }));
    }
  }

  /** Takes up files of TLS that have changed. */
  async refresh(): Promise<void> {
    await Promise.all([...this.credentials.values()].map(credentials => credentials.refresh()));
  }

  async close(): Promise<void> {
    for (const credentials of this.credentials.values()) credentials.close();
    await Promise.all([
      ...this.listeners.map(listener => listener.close()),
      ...this.connectors.map(connector => connector.stop()),
    ]);
  }

  private async tlsFor(
    text: string,
    own: TlsValues | undefined,
    { tls, file }: EndpointConfig,
  ): Promise<{ tls?: TlsCredentials }> {
    const names = own ?? tls;
    if (names === undefined || !usesTls(parseEndpoint(text))) return {};
    const folder = file === undefined ? '.' : dirname(file);
    const files: TlsFiles = {
      key: resolve(folder, names.key),
      certificate: resolve(folder, names.certificate),
      ca: resolve(folder, names.ca),
    };
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
