import { isIP } from 'node:net';
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
} from '../transport/index.js';
import type { Config } from './config/load.js';
import type { HOST_MESSAGES } from './messages/catalogue.js';
import type { MessageLog } from './messages/message.js';

/** The OpenFlow sockets of a controller. */
export class Endpoints {
  private readonly log: MessageLog<typeof HOST_MESSAGES>;
  private readonly handlerFor: HandlerFactory;
  private readonly session: Partial<SessionOptions>;
  private readonly listeners: Listener[] = [];
  private readonly connectors: Connector[] = [];

  constructor(
    log: MessageLog<typeof HOST_MESSAGES>,
    accept: (peer: string) => ReturnType<HandlerFactory>,
    session: Partial<SessionOptions>,
  ) {
    this.log = log;
    this.handlerFor = connection => accept(connection.remote);
    this.session = session;
  }

  get listening(): string[] {
    return this.listeners.map(listener => formatEndpoint(listener.endpoint));
  }

  /** Rejects with the TransportError of the first endpoint that cannot be opened. */
  async open(config: Pick<Config, 'listen' | 'connect'>): Promise<void> {
    const { session, handlerFor } = this;
    for (const text of config.listen) {
      const listener = await listen(text, handlerFor, { session });
      this.listeners.push(listener);
      const endpoint = formatEndpoint(listener.endpoint);
      this.log.write('endpoint-listening', { endpoint });
      if (isExposed(listener.endpoint)) this.log.write('endpoint-exposed', { endpoint });
    }
    for (const text of config.connect) {
      const endpoint = formatEndpoint(parseEndpoint(text));
      const onFailure = (error: Error) => this.log.write('connection-failed', { endpoint }, error);
      this.connectors.push(connect(text, handlerFor, { session, onFailure }));
    }
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.listeners.map(listener => listener.close()),
      ...this.connectors.map(connector => connector.stop()),
    ]);
  }
}

/** Whether other machines can reach a listening endpoint. */
function isExposed(endpoint: Endpoint): boolean {
  if ('path' in endpoint) return false;
  const { host } = endpoint;
  if (isIP(host) === 6) return host !== '::1';
  return !host.startsWith('127.');
}
