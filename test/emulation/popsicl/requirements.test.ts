import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { observe } from '../../../mininet/demo/eavesdropper.js';
import {
  CLOUD_DOMAIN,
  domainOf,
  enrolTenants,
  HANDS_OVER,
  NginxTenant,
  startCloudController,
} from '../../../mininet/demo/popsicl-cloud.js';
import { CLI } from '../../../mininet/demo/stage.js';
import { type CommandResult, type EmulatedNetwork, emulate, until } from '../../../mininet/driver/index.js';

const TENANT = 'tenant-a';
const PAGE = `Welcome to ${domainOf(TENANT)}.\n`;
/** Clients, the last one behind NAT and without IPv6. */
const CLIENTS = ['alice', 'bob', 'carol'] as const;
type Client = (typeof CLIENTS)[number];

interface Registered {
  name: string;
  url: string;
  files: { authority: string; pkcs12: { modern: string } };
  password: string;
}

describe('the requirements of the paper, in Mininet', function () {
  this.timeout(120_000);
  let folder: string;
  let network: EmulatedNetwork;
  let tenant: NginxTenant;
  const registered = {} as Record<Client, Registered>;

  before(async function () {
    if (!HANDS_OVER) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-popsicl-'));
    const socket = join(folder, 'openflow.sock');
    network = await emulate('popsicl', { controller: `unix:${socket}` });
    await enrolTenants(folder, [TENANT]);
    await startCloudController(network, folder, socket);
    tenant = await NginxTenant.start(network, TENANT, folder);
    await until(
      'the cloud to forward',
      async () => (await network.host('alice').run(['ping', '-c1', '-W1', '203.0.113.53'])).exitCode === 0,
      { timeout: 60_000 },
    );
    for (const client of CLIENTS) registered[client] = await register(client);
  });
  after(async () => {
    await tenant?.stop();
    await network?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function register(client: Client): Promise<Registered> {
    const { stdout } = await network
      .host(client)
      .run(
        [
          ...[process.execPath, CLI, 'popsicl', 'register', domainOf(TENANT), '--json'],
          ...['--portal', `https://portal.${CLOUD_DOMAIN}`],
          ...['--ca', join(folder, 'registry/ca/ca.pem'), '--out', join(folder, client)],
        ],
        { check: true, timeout: 60_000 },
      );
    return JSON.parse(stdout);
  }

  /** Opens a pseudonym from a client, with the certificate of `as`, if any. */
  function open(
    client: Client,
    target: Registered,
    as: Registered | undefined,
    family = '-4',
  ): Promise<CommandResult> {
    const certificate =
      as === undefined ? [] : ['--cert-type', 'P12', '--cert', `${as.files.pkcs12.modern}:${as.password}`];
    return network
      .host(client)
      .run(
        [
          'curl',
          family,
          '-sSf',
          '-m',
          '30',
          '--cacert',
          target.files.authority,
          ...certificate,
          `https://${target.name}/`,
        ],
        { timeout: 60_000 },
      );
  }

  it('a client opens her pseudonym: IPv4, IPv6, and from behind NAT', async () => {
    for (const client of CLIENTS) {
      const { stdout, stderr } = await open(client, registered[client], registered[client]);
      expect(stderr).to.equal('');
      expect(stdout).to.equal(PAGE);
    }
    for (const client of ['alice', 'bob'] as const) {
      const { stdout, stderr } = await open(client, registered[client], registered[client], '-6');
      expect(stderr).to.equal('');
      expect(stdout).to.equal(PAGE);
    }
  });

  it('R1: The PoPSiCl for a client to access a tenant server is independent of the PoPSiCl generated for other clients, and the PoPSiCl is used in place of the tenant server’s domain name everywhere that domain name appears in client communication', async () => {
    const names = new Set(CLIENTS.map(client => registered[client].name));
    expect(names.size).to.equal(CLIENTS.length);
    await using capture = await network.link('isp', 'border').capture();
    for (const client of CLIENTS) await open(client, registered[client], registered[client]);
    const seen = await observe((await capture.stop()).file);
    expect(seen.serverNames).to.deep.equal(names);
    expect(seen.names).to.deep.equal(names);
    expect(seen.bytes.includes(TENANT)).to.equal(false);
  });

  it('R2: The pseudo-address to which a client addresses packets for the tenant server (and from which return packets arrive to this client) is independent from the actual network endpoint (i.e., IP address) of the tenant server in the cloud', async () => {
    const filter = ['10.0.0.11', '203.0.113.11', 'fd00::11', '2001:db8:2::11']
      .map(address => `host ${address}`)
      .join(' or ');
    await using capture = await network.link('isp', 'border').capture({ filter });
    for (const family of ['-4', '-6']) {
      expect((await open('alice', registered.alice, registered.alice, family)).stdout).to.equal(PAGE);
    }
    expect((await capture.stop()).frames).to.equal(0);
  });

  it('R3: In a TLS connection setup with a client that is accessing the server using a PoPSiCl, the tenant-server public key used was generated independently of the server public keys used in its TLS connections with other clients (regardless of whether those clients use PoPSiCls to access the server)', async () => {
    const keys = new Set<string>();
    const files = [tenant.certificate];
    for (const client of CLIENTS) {
      files.push(join(folder, TENANT, 'pseudonyms', `${registered[client].name}.pem`));
    }
    for (const file of files) {
      keys.add(
        new X509Certificate(await readFile(file)).publicKey
          .export({ type: 'spki', format: 'der' })
          .toString('hex'),
      );
    }
    expect(keys.size).to.equal(files.length);
  });

  it('R4: A tenant server completes a TLS connection setup with a client using a PoPSiCl only if that PoPSiCl was registered for use by that client, with this tenant server', async () => {
    for (const family of ['-4', '-6']) {
      for (const as of [undefined, registered.bob]) {
        const { stdout, exitCode } = await open('bob', registered.alice, as, family);
        expect(exitCode).not.to.equal(0);
        expect(stdout).not.to.include('Welcome');
      }
    }
  });

  it('an ordinary, non-pseudonym HTTPS server of the same cloud is untouched', async () => {
    const { stdout } = await network
      .host('alice')
      .run([
        ...['curl', '-sS', '-m', '30', '--cacert', tenant.certificate],
        ...['--resolve', `${domainOf(TENANT)}:443:203.0.113.11`, `https://${domainOf(TENANT)}/`],
      ]);
    expect(stdout).to.equal(PAGE);
  });
});
