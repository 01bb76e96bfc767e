import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FlowReport } from '../../../controller/api/reports.js';
import { isShortLived } from '../../../controller/switch/index.js';
import { CLOUD_DOMAIN, domainOf, HANDS_OVER } from '../../../mininet/demo/popsicl-cloud.js';
import { type RunningCommand, until } from '../../../mininet/driver/index.js';
import { CloudAtWork, type Registered } from './cloud-at-work.js';

/** Each kind of server; the relay carries connections over IPv6 to the second. */
const TENANTS = ['tenant-a', 'tenant-b', 'tenant-c'] as const;
const CLIENT_ADDRESSES = ['192.0.2.10', '192.0.2.70', '2001:db8:a::10', '2001:db8:b::10'];
/** As they stand in packets. */
const CLIENT_BYTES = ['c000020a', 'c0000246', '20010db8000a0000', '20010db8000b0000'];
const FOREIGN = 'canary-foreign.example';
const UNKNOWN = `canaryunknowncanaryunkno77.${CLOUD_DOMAIN}`;
const UNREGISTERED = 'canary-no-tenant.example';

/** What does not keep to a protocol: DNS and the portal from a client, the control channel from inside the cloud. */
const NOISE = `
const [kind, name] = process.argv.slice(1);
const labels = name.split('.').map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
const question = Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), ...labels, Buffer.from('0000010001', 'hex')]);
const done = () => process.exit(0);
if (kind === 'dns') {
  const socket = require('dgram').createSocket('udp4');
  const parts = [question, question.subarray(0, 20), Buffer.concat([question, question]), Buffer.from(name)];
  Promise.all(parts.map(part => new Promise(next => socket.send(part, 53, '203.0.113.53', next)))).then(done);
} else {
  const tls = require('tls').connect({ host: '10.0.0.53', port: 6655, rejectUnauthorized: false });
  tls.on('secureConnect', () => tls.write(name)).on('error', () => {}).on('close', () => {
    const tcp = require('net').connect(6655, '10.0.0.53', () => tcp.end(name));
    tcp.on('error', done).on('close', done);
  });
}`;

describe('no output tells of a client, of a name that she asks for, or of which tenant a pseudonym stands for', () => {
  let cloud: CloudAtWork;
  let alice: Registered;
  let bob: Registered;
  let gone: Registered;
  let relayed: Registered;
  /** What programs of the operator have printed. */
  const printed: string[] = [];

  before(async function () {
    if (!HANDS_OVER) this.skip();
    // Connections to one tenant stand as rules in the switches.
    cloud = await CloudAtWork.start(TENANTS, {
      logLevel: 'debug',
      popsicl: ({ tenants }) => ({
        proxy: { ipv6: 'fd00::53' },
        tenants: tenants.map(tenant => {
          if (tenant.domain === domainOf('tenant-c')) return { ...tenant, redirection: 'flows' };
          return tenant.domain === domainOf('tenant-b') ? { ...tenant, strategy: { ipv6: 'proxy' } } : tenant;
        }),
      }),
    });
    [alice, bob, gone, relayed] = await Promise.all([
      cloud.register('alice', 'tenant-a'),
      cloud.register('bob', 'tenant-c'),
      cloud.register('alice', 'tenant-c'),
      cloud.register('bob', 'tenant-b'),
    ]);
  });
  after(() => cloud?.[Symbol.asyncDispose]());

  const operator = async (...words: string[]): Promise<number> => {
    const { stdout, stderr, exitCode } = await cloud.cli('store', [...words, '--admin', cloud.admin]);
    printed.push(stdout, stderr);
    return exitCode;
  };

  const isConnection = ({ app, cookie }: FlowReport) => app === 'popsicl' && isShortLived(BigInt(cookie));
  const shownFlows = async (...words: string[]): Promise<FlowReport[]> =>
    JSON.parse((await cloud.cli('store', ['flows', '--json', '--admin', cloud.admin, ...words])).stdout);

  /** A connection of bob to the tenant with rules, and all flows as the operator is shown them meanwhile. */
  async function bobsRules(): Promise<[RunningCommand, FlowReport[]]> {
    const identity = ['-cert', bob.identity, '-key', bob.identity];
    const connection = await cloud.network
      .host('bob')
      .spawn([
        'openssl',
        's_client',
        '-4',
        '-connect',
        `${bob.name}:443`,
        '-servername',
        bob.name,
        ...identity,
      ]);
    await connection.printed(/SSL handshake has read/, 60_000);
    return [connection, await shownFlows()];
  }

  /** Everything that can go right or wrong with a pseudonym. */
  async function useAndAbuse(): Promise<void> {
    const { network } = cloud;
    for (const family of ['-4', '-6']) {
      expect((await cloud.curl('alice', alice, alice, [family])).stdout).to.equal(
        cloud.tenant('tenant-a').page,
      );
      expect((await cloud.curl('bob', bob, bob, [family])).stdout).to.equal(cloud.tenant('tenant-c').page);
      const { stdout } = await cloud.curl('bob', relayed, relayed, [family]);
      expect(stdout).to.equal(cloud.tenant('tenant-b').page);
      for (const [target, as] of [
        [alice, bob],
        [alice, undefined],
        [bob, alice],
        [relayed, alice],
      ] as const) {
        expect((await cloud.curl('bob', target, as, [family])).exitCode).not.to.equal(0);
      }
    }
    const { stdout } = await network.host('bob').run(['getent', 'ahostsv4', alice.name], { check: true });
    const place = stdout.split(/\s/)[0]!;
    for (const name of [UNKNOWN, FOREIGN]) await cloud.sClient('bob', name, [], place);
    await network
      .host('bob')
      .run(['openssl', 's_client', '-connect', `${place}:443`, '-noservername'], { input: '' });
    await network.host('bob').run(['curl', '-4sm', '5', `http://${alice.name}:443/`]);
    await network.host('bob').run(['curl', '-sm', '5', '-H', `host: ${FOREIGN}`, `http://${place}:80/`]);

    expect(await operator('popsicl', 'revoke', gone.name, '--json')).to.equal(0);
    expect((await cloud.curl('alice', gone, gone)).exitCode).not.to.equal(0);
    expect(await operator('popsicl', 'renew', alice.name)).to.equal(0);
    expect(await operator('popsicl', 'revoke', UNKNOWN)).not.to.equal(0);
    expect(await operator('popsicl', 'renew', gone.name)).not.to.equal(0);

    const portal = [
      '--portal',
      `https://portal.${CLOUD_DOMAIN}`,
      '--ca',
      join(cloud.folder, 'registry/ca/ca.pem'),
    ];
    const refused = await cloud.cli('bob', [
      'popsicl',
      'register',
      UNREGISTERED,
      ...portal,
      '--out',
      cloud.folder,
    ]);
    expect(refused.exitCode).not.to.equal(0);
    printed.push(refused.stderr);
    const post = [
      '-sk',
      '-m',
      '10',
      '-H',
      'content-type: application/json',
      `https://portal.${CLOUD_DOMAIN}/registrations`,
    ];
    for (const body of [
      `{"domain":"${domainOf('tenant-a')}","csr":"${FOREIGN}"}`,
      `{"${FOREIGN}":1}`,
      FOREIGN,
    ]) {
      printed.push((await network.host('bob').run(['curl', ...post, '-d', body])).stdout);
    }
    await network.host('bob').run([process.execPath, '-e', NOISE, 'dns', FOREIGN], { timeout: 60_000 });
    await network
      .host('tenant-b')
      .run([process.execPath, '-e', NOISE, 'channel', FOREIGN], { timeout: 60_000 });

    const before = cloud.tenant('tenant-c').agentOutput;
    printed.push(before);
    await cloud.tenant('tenant-c').stopAgent('SIGKILL');
    await until('the agent to be missed', async () => (await log()).includes('popsicl-agent-gone'));
    const failed = await cloud.cli('alice', [
      'popsicl',
      'register',
      domainOf('tenant-c'),
      ...portal,
      '--out',
      cloud.folder,
    ]);
    expect(failed.exitCode).not.to.equal(0);
    printed.push(failed.stderr);
    await cloud.tenant('tenant-c').startAgent();
  }

  const labelOf = (name: string) => name.split('.')[0]!;
  const canaries = () => [
    ...[alice, bob, gone, relayed].map(({ name }) => labelOf(name)),
    ...TENANTS.map(domainOf),
    ...[labelOf(UNKNOWN), FOREIGN, UNREGISTERED],
    ...CLIENT_ADDRESSES,
    ...CLIENT_BYTES,
  ];
  const log = () => readFile(join(cloud.folder, 'controller.log'), 'utf8');

  it('neither in logs at their most talkative, nor in metrics, nor in what the operator is shown, nor in errors', async () => {
    await useAndAbuse();
    for (const words of [
      ['switches'],
      ['apps'],
      ['flows', '--json'],
      ['ports'],
      ['popsicl', 'list', '--json'],
    ]) {
      expect(await operator(...words), words.join(' ')).to.equal(0);
    }
    // What was shown while a connection had its rules, and what is shown to who unseals them.
    const [connection, rules] = await bobsRules();
    for (const flow of rules) printed.push(JSON.stringify(flow));
    const unsealed: FlowReport[] = await shownFlows('--unseal');
    await connection.stop('SIGKILL');
    expect(rules.filter(isConnection).length).to.be.above(0);
    expect(JSON.stringify(unsealed)).to.include('192.0.2.70');

    const metrics = await cloud.network
      .host('store')
      .run(['curl', '-s', '--unix-socket', cloud.admin, 'http://controller/metrics'], { check: true });
    expect(metrics.stdout).to.match(/^cloakflow_popsicl_handoffs_total\{.*\} [1-9]/m);
    expect(metrics.stdout).to.match(/^cloakflow_popsicl_unknown_names_total\{.*\} [1-9]/m);
    expect(metrics.stdout).to.match(/^cloakflow_popsicl_bad_hellos_total\{.*\} [1-9]/m);
    expect(metrics.stdout).to.match(/^cloakflow_popsicl_agents_refused_total\{.*\} [1-9]/m);

    const written = await log();
    expect(written).to.include('popsicl-distribution-failed').and.include('popsicl-agent-gone');
    const outputs = {
      log: written,
      'standard output of the controller': cloud.controller.stdout,
      metrics: metrics.stdout,
      'errors of the controller and its relay': cloud.controller.stderr,
    };
    for (const name of TENANTS) {
      const tenant = cloud.tenant(name);
      absent(`agent of ${name}`, tenant.agentOutput, canaries());
      absent(`web server of ${name}`, await tenant.serverOutput(), canaries());
    }
    for (const [output, text] of Object.entries(outputs)) absent(output, text, canaries());
    // Who lists or revokes a pseudonym sees or says its name; its tenant stays sealed.
    const pseudonyms = [alice, bob, gone, relayed].map(({ name }) => labelOf(name));
    const sealed = canaries().filter(canary => !pseudonyms.includes(canary));
    absent('what the operator and refused clients were shown', printed.join('\n'), sealed);
  });

  it('nor in files, but for the store and what the authority signs', async () => {
    const kept = await readdir(join(cloud.folder, 'registry'), { recursive: true, withFileTypes: true });
    const others = kept.filter(
      ({ name, parentPath }) => !name.startsWith('popsicl.db') && !parentPath.endsWith('/ca'),
    );
    const files = others.filter(entry => entry.isFile());
    expect(files.map(({ name }) => name)).to.include('cookie-keys.json');
    for (const { name, parentPath } of files)
      absent(name, await readFile(join(parentPath, name), 'utf8'), canaries());
  });

  it('unless the operator unseals: then the list has tenants', async () => {
    printed.length = 0;
    expect(await operator('popsicl', 'list', '--unseal')).to.equal(0);
    expect(printed.join('')).to.match(new RegExp(`${alice.name}.*${domainOf('tenant-a')}`));
  });

  it('and with `unsealed` in the configuration: then the log has visits', async () => {
    await cloud.controller.stop();
    await cloud.startController({ popsicl: { unsealed: true } });
    const sealed = (await log()).length;
    await until('a page', async () => (await cloud.curl('alice', alice, alice)).exitCode === 0, {
      timeout: 60_000,
    });
    await cloud.curl('alice', alice, alice, ['-6']);
    const lines = (await log())
      .slice(sealed)
      .split('\n')
      .filter(line => line.includes('popsicl-visit'));
    const visits = lines.map(line => JSON.parse(line));
    const tenant = domainOf('tenant-a');
    for (const [client, name] of [
      ['192.0.2.10', alice.name],
      ['2001:db8:a::10', undefined],
    ]) {
      expect(visits.find(visit => visit.client === client)).to.include({ tenant, ...(name && { name }) });
    }
    expect(await log()).to.include('popsicl-unsealed');
  });

  function absent(output: string, text: string, canaries: readonly string[]): void {
    for (const canary of canaries) {
      const at = text.toLowerCase().indexOf(canary);
      expect(at, `${canary} in ${output}: …${text.slice(Math.max(0, at - 200), at + 200)}…`).to.equal(-1);
    }
  }
});
