import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { FlowReport } from '../../../controller/api/reports.js';
import { isShortLived } from '../../../controller/switch/index.js';
import {
  CLOUD_DOMAIN,
  type CloudDefaults,
  domainOf,
  HANDS_OVER,
  publicAddressOf,
} from '../../../mininet/demo/popsicl-cloud.js';
import { CLI } from '../../../mininet/demo/stage.js';
import { type RunningCommand, until } from '../../../mininet/driver/index.js';
import { CloudAtWork, type Registered } from './cloud-at-work.js';

/** Each kind of server; the relay carries connections over IPv6 to the second. */
const TENANTS = ['tenant-a', 'tenant-b', 'tenant-c'] as const;
/** Serves names that are nobody's. */
const DECOY = 'mallory';
const SERVERS = [...TENANTS, DECOY] as const;
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
  let webProxy: RunningCommand;
  /** What programs of the operator have printed. */
  const printed: string[] = [];

  before(async function () {
    if (!HANDS_OVER) this.skip();
    // Connections to one tenant stand as rules in the switches.
    cloud = await CloudAtWork.start(SERVERS, {
      logLevel: 'debug',
      popsicl: ({ tenants }) => ({
        proxy: { ipv6: 'fd00::53' },
        decoy: decoyOf(tenants),
        tenants: tenants
          .filter(({ domain }) => domain !== domainOf(DECOY))
          .map(tenant => {
            if (tenant.domain === domainOf('tenant-c')) return { ...tenant, redirection: 'flows' };
            return tenant.domain === domainOf('tenant-b')
              ? { ...tenant, strategy: { ipv6: 'proxy' } }
              : tenant;
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

  function decoyOf(tenants: CloudDefaults['tenants']): object {
    const { trusts: _, ...decoy } = tenants.find(({ domain }) => domain === domainOf(DECOY))!;
    return decoy;
  }

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
    await failCommands(portal);
    await abuseWebProxy();

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

  /** Commands that cannot do what they are asked for. */
  async function failCommands(portal: readonly string[]): Promise<void> {
    const unwritable = join(cloud.folder, 'cloakflow.yaml');
    const [a, elsewhere] = [domainOf('tenant-a'), ['--portal', `https://${FOREIGN}`]];
    const attempts: [host: string, words: string[], input?: string][] = [
      ['store', ['popsicl', 'invite', UNREGISTERED, '--admin', cloud.admin]],
      ['store', ['popsicl', 'register', UNREGISTERED, '--admin', cloud.admin, '--out', cloud.folder]],
      [
        'store',
        ['popsicl', 'register', a, '--admin', cloud.admin, '--out', cloud.folder, '--linker', FOREIGN],
      ],
      ['store', ['popsicl', 'revoke', FOREIGN, '--admin', cloud.admin]],
      ['store', ['popsicl', 'renew', UNKNOWN, '--admin', cloud.admin, '--json']],
      ['store', ['popsicl', 'revoke', alice.name, '--admin', unwritable]],
      ['bob', ['popsicl', 'register', a, ...portal, '--out', join(unwritable, 'x')]],
      [
        'bob',
        ['popsicl', 'register', a, '--portal', `https://portal.${CLOUD_DOMAIN}`, '--out', cloud.folder],
      ],
      ['bob', ['popsicl', 'register', a, ...elsewhere, '--out', cloud.folder]],
      ['bob', ['popsicl', 'sni'], FOREIGN],
      ['tenant-b', ['tenant', 'agent', '--config', unwritable]],
    ];
    for (const [host, words, input = ''] of attempts) {
      const { stdout, stderr, exitCode } = await cloud.cli(host, words, input);
      expect(exitCode, words.join(' ')).not.to.equal(0);
      expect(stdout + stderr, words.join(' ')).not.to.equal('');
      printed.push(stdout, stderr);
    }
  }

  /** `cloakflow tenant web` before a server that is not there, and who comes to it. */
  async function abuseWebProxy(): Promise<void> {
    const { pseudonyms } = cloud.tenant('tenant-c');
    const files = dirname(pseudonyms);
    webProxy = await cloud.network
      .host('tenant-c')
      .spawn([
        ...[process.execPath, CLI, 'tenant', 'web', '--upstream', 'http://127.0.0.1:1', '--defence'],
        ...['--listen', '0.0.0.0:8443', '--domain', CLOUD_DOMAIN, '--capabilities', pseudonyms],
        ...['--pseudonyms', pseudonyms, '--decoy-certificate', join(files, 'decoy.pem')],
        ...['--decoy-key', join(files, 'decoy.key'), '--site', domainOf('tenant-c')],
      ]);
    await webProxy.printed(/^ready/m, 60_000);
    const place = publicAddressOf('tenant-c');
    const owner = ['--cert-type', 'P12', '--cert', `${bob.files.pkcs12.modern}:${bob.password}`];
    const others = ['--cert-type', 'P12', '--cert', `${alice.files.pkcs12.modern}:${alice.password}`];
    const capability = new URL(bob.url).search;
    const visit = async (name: string, path: string, words: string[] = []) => {
      const fixed = ['-sk', '-m', '60', '-w', '%{http_code}', '--resolve', `${name}:8443:${place}`];
      const url = `https://${name}:8443${path}`;
      const { stdout } = await cloud.network.host('bob').run(['curl', ...fixed, ...words, url]);
      return stdout.slice(-3);
    };
    expect(await visit(bob.name, `/${FOREIGN}${capability}`, owner)).to.equal('502');
    expect(await visit(bob.name, `/${FOREIGN}`, owner)).to.equal('404');
    expect(await visit(bob.name, `/${capability}`, [...owner, '-H', `Host: ${FOREIGN}`])).to.equal('421');
    for (const name of [bob.name, alice.name, gone.name, UNKNOWN, FOREIGN]) {
      expect(await visit(name, `/${capability}`, others), name).not.to.match(/^(200|502)$/);
    }
    await cloud.network.host('bob').run(['curl', '-sm', '5', `http://${place}:8443/${FOREIGN}`]);
    await webProxy.stop('SIGTERM');
  }

  const labelOf = (name: string) => name.split('.')[0]!;
  const canaries = () => [
    ...[alice, bob, gone, relayed].map(({ name }) => labelOf(name)),
    ...SERVERS.map(domainOf),
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
    expect(metrics.stdout).to.match(/^cloakflow_popsicl_decoys_total\{.*\} [1-9]/m);

    const written = await log();
    expect(written).to.include('popsicl-distribution-failed').and.include('popsicl-agent-gone');
    const outputs = {
      log: written,
      'standard output of the controller': cloud.controller.stdout,
      metrics: metrics.stdout,
      'errors of the controller and its relay': cloud.controller.stderr,
      '`cloakflow tenant web`': webProxy.stdout + webProxy.stderr,
    };
    for (const name of SERVERS) {
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

  it('nor in files, but for the stores and what the authority signs', async () => {
    const kept = await readdir(join(cloud.folder, 'registry'), { recursive: true, withFileTypes: true });
    const others = kept.filter(
      ({ name, parentPath }) => !/^(popsicl|decoys)\.db/.test(name) && !parentPath.endsWith('/ca'),
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
