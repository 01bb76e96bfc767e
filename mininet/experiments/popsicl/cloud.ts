import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair, privateKeyPem } from '../../../apps/popsicl/pki/key-pair.js';
import { makeRequest } from '../../../apps/popsicl/pki/make-request.js';
import { answerSchema } from '../../../apps/popsicl/portal/portal-requests.js';
import { enrol } from '../../../apps/popsicl/tenant/channel/enrol.js';
import { AdminClient } from '../../../controller/api/admin-client.js';
import { CLI } from '../../demo/stage.js';
import {
  type EmulatedHost,
  type EmulatedNetwork,
  emulate,
  type RunningCommand,
  until,
} from '../../driver/index.js';
import { ExperimentError } from '../experiment-error.js';
import {
  type CloudPlan,
  clientName,
  cloudConfiguration,
  cloudTopology,
  domainOf,
  webServersOf,
} from './cloud-plan.js';
import type { Target } from './curl.js';
import { CLIENT_CERTIFICATE_PORT, WebTenant } from './web-tenant.js';

const PATIENCE = 60_000;
const RESOLVE_TRIES = 3;

/** A cloud at work: controller with portal and DNS on the host `store`, tenants with their agents, and clients. */
export class Cloud {
  readonly network: EmulatedNetwork;
  readonly tenants = new Map<string, WebTenant>();
  private readonly plan: CloudPlan;
  private readonly folder: string;
  private controller: RunningCommand | undefined;
  private registered = 0;

  private constructor(network: EmulatedNetwork, plan: CloudPlan, folder: string) {
    this.network = network;
    this.plan = plan;
    this.folder = folder;
  }

  static async start(plan: CloudPlan, folder: string, signal: AbortSignal): Promise<Cloud> {
    const socket = join(folder, 'openflow.sock');
    for (const { name } of webServersOf(plan))
      await enrol(domainOf(name), join(folder, 'control'), join(folder, name, 'credentials'), Date.now());
    const network = await emulate(cloudTopology(plan), { controller: `unix:${socket}`, signal });
    const cloud = new Cloud(network, plan, folder);
    try {
      await cloud.startController(socket);
      for (const [place, tenant] of webServersOf(plan).entries()) {
        signal.throwIfAborted();
        cloud.tenants.set(
          tenant.name,
          await WebTenant.start(network.host(tenant.name), tenant, place, folder),
        );
      }
      return cloud;
    } catch (error) {
      await cloud.close();
      throw error;
    }
  }

  client(index = 0): EmulatedHost {
    return this.network.host(clientName(index));
  }

  tenant(name: string): WebTenant {
    return this.tenants.get(name)!;
  }

  /** Process id of the controller. */
  get controllerPid(): number {
    return this.controller!.pid;
  }

  /** The tenant's own site, over HTTPS as everybody speaks it; with `certificate` clients show one. */
  site(name: string, { certificate = false, family = 4 as 4 | 6 } = {}): Target {
    const { addresses, site, client } = this.tenant(name);
    const port = certificate ? CLIENT_CERTIFICATE_PORT : 443;
    return {
      name: domainOf(name),
      port,
      address: family === 4 ? addresses.ipv4 : addresses.ipv6,
      authority: site.certificate,
      ...(certificate ? { client } : {}),
    };
  }

  /** Gets a pseudonym for the tenant, with a key of its own, and its pseudo-address of the family by DNS. */
  async pseudonym(name: string, family: 4 | 6 = 4): Promise<Target> {
    const keys = await generateKeyPair('ecdsa-p256');
    const input = { domain: domainOf(name), csr: await makeRequest(keys) };
    const answer = answerSchema.parse(await this.admin.callApp('popsicl', 'register', input));
    const base = join(this.folder, 'clients', String(this.registered++));
    await mkdir(join(this.folder, 'clients'), { recursive: true });
    const client = { certificate: `${base}.pem`, key: `${base}.key` };
    await writeFile(client.certificate, answer.certificate);
    await writeFile(client.key, await privateKeyPem(keys.privateKey));
    await writeFile(`${base}-ca.pem`, answer.authority);
    const capability = new URL(answer.url).searchParams.get('c')!;
    const address = await this.resolve(answer.name, family);
    return { name: answer.name, port: 443, address, authority: `${base}-ca.pem`, client, capability };
  }

  /** Ends a pseudonym. */
  async revoke({ name }: Pick<Target, 'name'>): Promise<void> {
    await this.admin.callApp('popsicl', 'revoke', { name });
  }

  /** Address of a name, as the client gets it from the cloud's DNS. @throws ExperimentError `measurement-failed` */
  async resolve(name: string, family: 4 | 6): Promise<string> {
    // On a busy machine an answer may come later than the resolver waits.
    for (let tries = 0; tries < RESOLVE_TRIES; tries++) {
      const { stdout } = await this.client().run(['getent', `ahostsv${family}`, name], { timeout: PATIENCE });
      const [address] = stdout.split(/\s/);
      if (address) return address;
    }
    throw new ExperimentError('measurement-failed', `a pseudonym has no IPv${family} address in DNS`);
  }

  async close(): Promise<void> {
    for (const tenant of this.tenants.values()) await tenant.stop();
    await this.network.stop();
  }

  private get admin(): AdminClient {
    return new AdminClient(join(this.folder, 'admin.sock'), { timeout: PATIENCE });
  }

  private async startController(socket: string): Promise<void> {
    const config = join(this.folder, 'cloakflow.yaml');
    await writeFile(config, JSON.stringify(cloudConfiguration(this.plan, this.folder, socket)));
    const admin = join(this.folder, 'admin.sock');
    const words = [process.execPath, CLI, 'run', config, '--admin', admin, '--log-level', 'warn'];
    await this.network.meet(`unix:${socket}`, async () => {
      this.controller = await this.network.host('store').spawn(words, { keep: 1 << 16 });
      await this.controller.printed(/^ready/m, PATIENCE);
    });
    const client = new AdminClient(admin, { timeout: PATIENCE });
    await until('the switch', async () => (await client.switches()).length === 1, {
      timeout: PATIENCE,
      interval: 100,
    });
  }
}
