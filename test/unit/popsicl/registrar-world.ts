import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dnsPacket from 'dns-packet';
import { pino } from 'pino';
import { type Registrar, startRegistrar } from '../../../apps/popsicl/registrar.js';
import { registrarSchema } from '../../../apps/popsicl/registrar-config.js';
import { REGISTRAR_MESSAGES } from '../../../apps/popsicl/registry/messages.js';
import { systemClock } from '../../../controller/host/index.js';
import { messageLog } from '../../../controller/host/messages/log.js';
import { Metrics } from '../../../controller/host/metrics.js';
import { Party } from './registry-world.js';

export const CLOUD = 'popsicls.test';
export const TENANT = 'secret-shop.example';
const PORTAL = 'localhost.popsicls.test';
/** Where the servers of the cloud are, as records of its zone. */
export const HERE = { ipv4: ['127.0.0.1'] };

export interface PortalAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A cloud with portal, DNS and linker on loopback, and one tenant; what it writes and counts can be looked at. */
export class RegistrarWorld {
  readonly folder: string;
  readonly tenant = new Party('tenant');
  /** Lines. */
  readonly log: string[] = [];
  metrics = new Metrics();
  blocks = { ipv4: ['198.51.100.0/24'], ipv6: ['2001:db8::/64'] };
  /** Once started. */
  registrar!: Registrar;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<RegistrarWorld> {
    return new RegistrarWorld(await mkdtemp(join(tmpdir(), 'cloakflow-registrar-')));
  }

  async start(config: Record<string, unknown> = {}): Promise<Registrar> {
    const { folder, log, tenant } = this;
    this.metrics = new Metrics();
    this.registrar = await startRegistrar({
      config: registrarSchema.parse({
        folder: join(folder, 'state'),
        dns: { listen: [{ address: '127.0.0.1', port: 0 }], records: { portal: HERE, linker: HERE } },
        portal: { listen: { address: '127.0.0.1', port: 0 }, names: [PORTAL, `portal.${CLOUD}`] },
        linker: { listen: { address: '127.0.0.1', port: 0 } },
        ...config,
      }),
      domain: CLOUD,
      tenants: [{ domain: TENANT, ipv4: '10.9.8.7', port: 443 }],
      blocks: this.blocks,
      parties: [tenant],
      clock: systemClock,
      log: messageLog(
        pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
        REGISTRAR_MESSAGES,
      ),
      metrics: this.metrics.app('popsicl', 'popsicl'),
    });
    await writeFile(join(folder, 'ca.pem'), this.registrar.authorityPem);
    return this.registrar;
  }

  /** One request to the portal, under the name that its certificate is for. */
  request(
    path: string,
    options: { method?: string; body?: string | Buffer; type?: string } = {},
  ): Promise<PortalAnswer> {
    const { method = 'POST', body = '', type = 'application/json' } = options;
    return new Promise((resolve, reject) => {
      const sent = httpsRequest({
        host: '127.0.0.1',
        port: this.registrar.portal!.port,
        servername: PORTAL,
        ca: this.registrar.authorityPem,
        agent: false,
        path,
        method,
        headers: { 'content-type': type },
      });
      sent.on('error', reject);
      sent.on('response', async response => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
      sent.end(body);
    });
  }

  /** What the cloud's DNS answers. */
  async addressesOf(name: string, type: 'A' | 'AAAA'): Promise<string[]> {
    const socket = createSocket('udp4');
    try {
      const answer = once(socket, 'message', { signal: AbortSignal.timeout(60_000) });
      socket.send(
        dnsPacket.encode({ type: 'query', id: 1, questions: [{ type, name }] }),
        this.registrar.dns!.listening[0]!.port,
        '127.0.0.1',
      );
      const decoded = dnsPacket.decode(((await answer) as [Buffer])[0]);
      return decoded.answers!.map(record => (record as { data: string }).data);
    } finally {
      socket.close();
    }
  }

  async close(): Promise<void> {
    await this.registrar?.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
