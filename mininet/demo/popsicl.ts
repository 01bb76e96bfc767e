import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmulatedHost, emulate } from '../driver/index.js';
import { type Observation, observe } from './eavesdropper.js';
import {
  CLOUD_DOMAIN,
  domainOf,
  enrolTenants,
  HANDS_OVER,
  publicAddressOf,
  startCloudController,
} from './popsicl-cloud.js';
import { CloudTenant } from './popsicl-tenant.js';
import { CLI, type Stage } from './stage.js';

const TENANT = 'tenant-a';

/** A user registers for a tenant, opens its pseudonym, and an eavesdropper compares that with plain HTTPS. */
export async function popsicl(stage: Stage): Promise<void> {
  const { signal } = stage;
  const folder = await mkdtemp(join(tmpdir(), 'cloakflow-popsicl-'));
  const socket = join(folder, 'openflow.sock');
  stage.tell(
    'Mininet brings up topologies/popsicl.yaml: clients, a cloud of two switches, a store and four tenants',
  );
  const network = await emulate('popsicl', { controller: `unix:${socket}`, signal });
  const tenants: CloudTenant[] = [];
  try {
    const store = network.host('store');
    const alice = network.host('alice');
    const run = (host: EmulatedHost, argv: readonly string[]) => host.run(argv, { check: true, signal });

    stage.tell('cloakflow run  (on the host store: controller, DNS and portal of the cloud)');
    await enrolTenants(folder, [TENANT]);
    await startCloudController(network, folder, socket);
    const admin = join(folder, 'admin.sock');
    tenants.push(await CloudTenant.start(network, TENANT, folder, 'nginx-blocks'));
    await run(store, [
      'sh',
      '-c',
      `until [ "$(${process.execPath} ${CLI} switches --json --admin ${admin} | grep -o '"id"' | wc -l)" -ge 2 ]; do sleep 0.3; done`,
    ]);
    stage.show(`two switches, ${domainOf(TENANT)} on an unmodified nginx beside its agent`);

    const authority = join(folder, 'registry/ca/ca.pem');
    stage.tell(
      `alice$ cloakflow popsicl register ${domainOf(TENANT)} --portal https://portal.${CLOUD_DOMAIN}`,
    );
    const { stdout } = await run(alice, [
      ...[process.execPath, CLI, 'popsicl', 'register', domainOf(TENANT), '--json'],
      ...['--portal', `https://portal.${CLOUD_DOMAIN}`, '--ca', authority, '--out', join(folder, 'alice')],
    ]);
    const registered = JSON.parse(stdout);
    stage.show(`pseudonym ${registered.name}\nurl       ${registered.url}`);

    const link = network.link('isp', 'border');
    stage.tell(`alice$ curl https://${domainOf(TENANT)}/`);
    await using plainCapture = await link.capture();
    const plainPage = await run(alice, [
      ...['curl', '-sS', '-m', '20', '--cacert', tenants[0]!.authority],
      ...['--resolve', `${domainOf(TENANT)}:443:${publicAddressOf(TENANT)}`, `https://${domainOf(TENANT)}/`],
    ]);
    const plain = await observe((await plainCapture.stop()).file);
    stage.show(plainPage.stdout);

    stage.tell(`alice$ curl --cert … https://${registered.name}/`);
    const pages: string[] = [];
    await using hiddenCapture = await link.capture();
    for (const family of HANDS_OVER ? ['-4', '-6'] : ['-6']) {
      const page = await run(alice, [
        ...['curl', family, '-sS', '-m', '20', '--cacert', registered.files.authority, '--cert-type', 'P12'],
        ...[
          '--cert',
          `${registered.files.pkcs12.modern}:${registered.password}`,
          `https://${registered.name}/`,
        ],
      ]);
      pages.push(`${family === '-4' ? 'IPv4' : 'IPv6'}: ${page.stdout.trim()}`);
    }
    const hidden = await observe((await hiddenCapture.stop()).file);
    stage.show(pages.join('\n'));

    stage.tell('What an eavesdropper on the link between isp and border saw');
    stage.show(sideBySide(plain, hidden));
    if (hidden.bytes.includes(TENANT)) throw new Error(`the name of ${TENANT} can be seen`);
  } finally {
    for (const tenant of tenants) await tenant.stop();
    await network.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function sideBySide(plain: Observation, hidden: Observation): string {
  const list = (values: Set<string>) => [...values].join(', ') || '–';
  const named = ({ bytes }: Observation) => (bytes.includes(TENANT) ? `yes: ${TENANT}` : 'nowhere');
  const rows: [string, string, string][] = [
    ['', 'plain HTTPS', 'pseudonym'],
    ['DNS questions', list(plain.names), list(hidden.names)],
    ['server address', list(plain.servers), list(hidden.servers)],
    ['SNI', list(plain.serverNames), list(hidden.serverNames)],
    ['name of the tenant', named(plain), named(hidden)],
  ];
  const width = (column: number) => Math.max(...rows.map(row => row[column]!.length));
  return rows.map(row => `${row[0].padEnd(width(0))}  ${row[1].padEnd(width(1))}  ${row[2]}`).join('\n');
}
