import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { drawLabel } from '../../../apps/popsicl/pseudonym/label.js';
import { MIGRATIONS } from '../../../apps/popsicl/registry/schema.js';
import { openStore } from '../../../controller/store/index.js';
import { until } from '../../../mininet/driver/index.js';
import { CLOUD, RegistrarWorld, TENANT } from '../../unit/popsicl/registrar-world.js';
import { dig, KEY_NAME, Named } from './named.js';

describe('registration where BIND has the names', () => {
  let named: Named;
  let world: RegistrarWorld;
  /** Every pseudonym that the tenant has heard of, in the end or not. */
  let heard: { name: string; key: string }[];

  before(async function () {
    const started = await Named.start(CLOUD);
    if (started === undefined) return this.skip();
    named = started;
  });
  after(() => named?.stop());

  beforeEach(async () => {
    world = await RegistrarWorld.make();
    heard = [];
    const { tenant } = world;
    const publish = tenant.publish.bind(tenant);
    tenant.publish = async (pseudonym, material) => {
      heard.push({ name: pseudonym.name, key: material.keyPem });
      await publish(pseudonym, material);
    };
  });
  afterEach(() => world?.close());

  function start(server: Named, more: Record<string, unknown> = {}): Promise<unknown> {
    const key = { name: KEY_NAME, secretFile: server.secretFile };
    return world.start({
      dns: { update: { server: { address: '127.0.0.1', port: server.port }, key } },
      ...more,
    });
  }

  /** What BIND says of a name, and its answer's code. */
  async function addressesOf(name: string, server = named): Promise<{ all: string[]; codes: string[] }> {
    const answers = await Promise.all(['A', 'AAAA'].map(type => dig(server.port, name, type)));
    const text = answers.map(({ stdout }) => stdout).join('');
    const all = [...text.matchAll(/^\S+\s+\d+\s+IN\s+(?:A|AAAA)\s+(\S+)$/gm)].map(match => match[1]!);
    return { all, codes: [...text.matchAll(/status: (\w+)/g)].map(match => match[1]!) };
  }
  const GONE = { all: [], codes: ['NXDOMAIN', 'NXDOMAIN'] };

  const ask = () => world.request('/registrations', { body: JSON.stringify({ domain: TENANT }) });
  async function register(): Promise<string> {
    const answer = await ask();
    expect(answer.status, answer.body).to.equal(201);
    return (JSON.parse(answer.body) as { name: string }).name;
  }
  async function fail(): Promise<void> {
    const answer = await ask();
    expect(answer.status).to.equal(503);
    expect((JSON.parse(answer.body) as { error: { code: string } }).error.code).to.equal(
      'distribution-failed',
    );
  }
  const revoke = (name: string) => world.registrar.call('revoke', { name });

  /** Nothing of what the tenant heard is in the store, at the tenant or in the directory. Ends the registrar. */
  async function expectNoTrace(): Promise<void> {
    expect(heard).not.to.have.length(0);
    expect([...world.tenant.known.keys()]).to.deep.equal([]);
    expect(world.registrar.directory.size).to.equal(0);
    expect(await world.registrar.service.list(true)).to.deep.equal([]);
    expect(await world.metrics.text()).to.match(/^cloakflow_popsicl_pseudonyms\{.*\} 0$/m);
    await world.registrar.close();
    const path = join(world.folder, 'state/popsicl.db');
    const store = await openStore(path, MIGRATIONS);
    try {
      for (const table of ['pseudonym', 'own_address', 'person']) {
        expect(await store.read(`SELECT * FROM ${table}`), table).to.deep.equal([]);
      }
    } finally {
      await store.close();
    }
    const bytes = await readFile(path, 'latin1');
    for (const { name, key } of heard) {
      expect(bytes.includes(name.split('.')[0]!), 'a name in the file').to.equal(false);
      // Behind the names of algorithm and curve: twelve bytes of the secret.
      const secret = key.split('\n')[1]!.slice(48);
      expect(secret).to.have.length(16);
      expect(bytes.includes(secret), 'a key in the file').to.equal(false);
    }
  }

  it('the name resolves once it is acknowledged, still after a renewal, and no more after its end', async () => {
    await start(named);
    const [name, other] = [await register(), await register()];
    const { addresses } = world.registrar.directory.entry(name)!;
    const expected = { all: [...addresses.ipv4, ...addresses.ipv6], codes: ['NOERROR', 'NOERROR'] };
    expect(expected.all).to.have.length(2);
    expect(await addressesOf(name)).to.deep.equal(expected);
    expect(await addressesOf(name.toUpperCase())).to.deep.equal(expected);
    await world.registrar.call('renew', { name });
    expect(await addressesOf(name)).to.deep.equal(expected);
    expect(await revoke(name)).to.include({ state: 'revoked' });
    expect(await addressesOf(name)).to.deep.equal(GONE);
    expect((await addressesOf(other)).all).to.have.length(2);
    await revoke(other);
  });

  it('with common addresses BIND tells unknown, revoked and foreign names apart by nothing, nor when one begins or ends', async () => {
    const server = (await Named.start(CLOUD))!;
    try {
      const update = {
        server: { address: '127.0.0.1', port: server.port },
        key: { name: KEY_NAME, secretFile: server.secretFile },
        unknownNames: 'alike',
      };
      const addresses = { ipv4: { mode: 'common', count: 2 }, ipv6: { mode: 'common' } };
      await world.start({ dns: { update }, addresses });
      const [foreign, revoked] = [await register(), await register()];
      // All that BIND says: flags, sections, names in the form of the question, and for how long it holds.
      const said = async (name: string) => {
        const answers = [];
        for (const type of ['A', 'AAAA', 'MX', 'ANY']) {
          const { stdout } = await dig(server.port, name, type, '+norecurse', '+nocookie');
          const text = stdout
            .replaceAll(name, 'NAME')
            .replace(/id: \d+/, '')
            .replace(/^; <<>>.*$/m, '');
          const lines = text.split('\n').filter(line => !/^;; (Query time|WHEN|SERVER)|^$/.test(line));
          answers.push(lines.sort().join('\n'));
        }
        return answers;
      };
      const serial = async () => (await dig(server.port, CLOUD, 'SOA', '+short')).stdout;
      const [before, zone] = [await said(foreign), await serial()];
      expect(before[0]!.match(/IN\s+A\s+198\.51\.100\./g)).to.have.length(2);
      expect(before[1]).to.match(/IN\s+AAAA\s+2001:db8:/);
      for (const { ipv4, ipv6 } of [foreign, revoked].map(
        name => world.registrar.directory.entry(name)!.addresses,
      )) {
        expect(before[0]!.split(/\s+/)).to.include.members(ipv4);
        expect(before[1]!.split(/\s+/)).to.include.members(ipv6);
      }
      expect(await revoke(revoked)).to.include({ state: 'revoked' });
      const unknown = `${drawLabel()}.${CLOUD}`;
      for (const name of [foreign, revoked, unknown]) expect(await said(name)).to.deep.equal(before);
      await world.registrar.call('renew', { name: foreign });
      expect(await register()).not.to.equal(foreign);
      expect(await serial()).to.equal(zone);
      expect(await said(foreign)).to.deep.equal(before);
    } finally {
      await server.stop();
    }
  });

  it('one that BIND refuses leaves no trace in the store, at the tenant or in the directory', async () => {
    const strict = (await Named.start(CLOUD, 'allow-update { none; };'))!;
    try {
      await start(strict);
      await fail();
      expect(world.log.join()).to.contain('dns-update-refused');
      expect(await addressesOf(heard[0]!.name, strict)).to.deep.equal(GONE);
      await expectNoTrace();
    } finally {
      await strict.stop();
    }
  });

  it('nor does one while BIND is down; when it is back, all is as before', async () => {
    await start(named);
    await named.down();
    try {
      await fail();
      expect(world.log.join()).to.contain('dns-update-unreachable');
    } finally {
      await named.up();
    }
    expect(await addressesOf(heard[0]!.name)).to.deep.equal(GONE);
    await expectNoTrace();
    await start(named);
    const name = await register();
    expect((await addressesOf(name)).all).to.have.length(2);
    await revoke(name);
  });

  it('nor does one that the tenant refuses: BIND forgets what it was told', async () => {
    await start(named);
    world.tenant.trouble = async (call, act) => {
      act();
      if (call === 'withdraw') return;
      await until('BIND to have the name', async () => (await addressesOf(heard[0]!.name)).all.length === 2);
      throw new Error('no');
    };
    await fail();
    expect(await addressesOf(heard[0]!.name)).to.deep.equal(GONE);
    await expectNoTrace();
  });

  it('one that BIND takes and does not answer is undone by the next sweep', async () => {
    await start(named, { patience: 3 });
    named.sleep();
    try {
      await fail();
      // BIND may act on it later: so long the store remembers what is to be undone.
      const [row] = await world.registrar.service.list(true);
      expect(row).to.include({ name: heard[0]!.name, state: 'pending' });
      expect(world.registrar.directory.tenantOfName(heard[0]!.name)).to.equal(undefined);
    } finally {
      named.wake();
    }
    await until('BIND to act on what waited for it', () =>
      named.output.includes(`adding an RR at '${heard[0]!.name}' A`),
    );
    await world.registrar.call('expire', {});
    expect(await addressesOf(heard[0]!.name)).to.deep.equal(GONE);
    await expectNoTrace();
  });
});
