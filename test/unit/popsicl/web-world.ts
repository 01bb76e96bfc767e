import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { CloudServer } from '../../../apps/popsicl/cloud-server.js';
import { type Registrar, startRegistrar } from '../../../apps/popsicl/registrar.js';
import { registrarSchema } from '../../../apps/popsicl/registrar-config.js';
import { REGISTRAR_MESSAGES } from '../../../apps/popsicl/registry/messages.js';
import { systemClock } from '../../../controller/host/index.js';
import { messageLog } from '../../../controller/host/messages/log.js';
import { Metrics } from '../../../controller/host/metrics.js';
import { Party } from './registry-world.js';

export const CLOUD = 'popsicls.test';
export const PORTAL = `portal.${CLOUD}`;
export const LINKER = `linker.${CLOUD}`;

export interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** A cloud's portal and linker over real TLS, on ports of their own; its tenants hear of everything and do nothing. */
export class WebWorld {
  readonly folder: string;
  readonly registrar: Registrar;
  readonly party: Party;
  readonly log: string[];

  private constructor(folder: string, registrar: Registrar, party: Party, log: string[]) {
    this.folder = folder;
    this.registrar = registrar;
    this.party = party;
    this.log = log;
  }

  /** b trusts a; nobody trusts c; the evil tenant is trusted by nobody. */
  static async start(config: Record<string, unknown> = {}): Promise<WebWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-web-'));
    const log: string[] = [];
    const party = new Party('tenant');
    const listen = { address: '127.0.0.1', port: 0 };
    const registrar = await startRegistrar({
      config: registrarSchema.parse({
        folder: join(folder, 'state'),
        portal: { listen },
        linker: { listen },
        perSource: 1_000_000,
        perMinute: 1_000_000,
        ...config,
      }),
      domain: CLOUD,
      tenants: [
        { domain: 'a.example', ipv4: '10.0.0.1', port: 443 },
        { domain: 'b.example', ipv4: '10.0.0.2', port: 443, trusts: ['a.example'] },
        { domain: 'evil.example', ipv4: '10.0.0.3', port: 443, trusts: ['a.example', 'b.example'] },
        { domain: PORTAL, ipv4: '10.0.0.4', port: 443 },
      ],
      blocks: { ipv4: ['198.51.100.0/24'], ipv6: [] },
      parties: [party],
      clock: systemClock,
      log: messageLog(
        pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
        REGISTRAR_MESSAGES,
      ),
      metrics: new Metrics().app('popsicl', 'popsicl'),
    });
    return new WebWorld(folder, registrar, party, log);
  }

  /** One request, as it is written: `path` is not looked at. */
  request(
    server: CloudServer,
    name: string,
    path: string,
    { body, ...options }: RequestOptions & { body?: string } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = httpsRequest({
        host: '127.0.0.1',
        port: server.port,
        servername: name,
        ca: this.registrar.authorityPem,
        agent: false,
        path,
        ...options,
        headers: { host: name, ...(options.headers as object) },
      });
      sent.on('error', reject);
      sent.on('response', async response => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode!, headers: response.headers, body: text });
        } catch (error) {
          reject(error);
        }
      });
      sent.end(body);
    });
  }

  portal(path: string, options: RequestOptions & { body?: string } = {}): Promise<Answer> {
    return this.request(this.registrar.portal!, PORTAL, path, options);
  }

  linker(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.request(this.registrar.linker!, LINKER, path, options);
  }

  /** What a person gets for a tenant; with `linker` as in the API. */
  async register(domain: string, linker?: string) {
    const options = { domain, source: 'test', ...(linker === undefined ? {} : { linker }) };
    const registration = await this.registrar.service.register(options);
    const capability = new URL(registration.url).searchParams.get('c')!;
    return { ...registration, capability };
  }

  async close(): Promise<void> {
    await this.registrar.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
