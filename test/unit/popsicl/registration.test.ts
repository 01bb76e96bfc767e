import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { PartyError } from '../../../apps/popsicl/party-error.js';
import { AddressPlan } from '../../../apps/popsicl/registry/address-plan.js';
import { loadKeyRing } from '../../../apps/popsicl/registry/key-keeper.js';
import { RateLimits } from '../../../apps/popsicl/registry/rate-limits.js';
import type { RegistrationService } from '../../../apps/popsicl/registry/registration-service.js';
import { RegistrationTable } from '../../../apps/popsicl/registry/registration-table.js';
import { sourceOf } from '../../../apps/popsicl/source.js';
import { CodedError } from '../../../controller/coded-error.js';
import { CLOUD, codeOf, LIFETIME, TWO_FAMILIES, World, type WorldOptions } from './registry-world.js';

describe('registration of pseudonyms', () => {
  let world: World;
  let service: RegistrationService;
  const request = { domain: 'a.example', source: 'me' };

  async function start(options: WorldOptions = {}): Promise<void> {
    world = await World.make(options);
    service = await world.run();
  }

  afterEach(() => world.close());

  it('tells DNS, the tenant and the controllers, and gives the client all that she needs', async () => {
    await start();
    const registration = await service.register(request);
    const { name, url, expiresAt, pkcs12, certificatePem, authorityPem } = registration;
    expect(name).to.match(/^[a-z2-7]{26}\.popsicls\.test$/);
    expect(url).to.match(new RegExp(`^https://${name}/\\?c=[A-Za-z0-9_-]{24}$`));
    expect(expiresAt).to.equal(world.now() + LIFETIME);
    expect(pkcs12!.password).to.match(/^([a-z2-7]{5}-){3}[a-z2-7]{5}$/);
    for (const party of world.parties) {
      const { pseudonym, material } = party.known.get(name)!;
      expect(pseudonym.addresses.ipv4).to.have.length(1);
      expect(pseudonym.addresses.ipv6).to.have.length(1);
      expect(new X509Certificate(material.certificatePem).subject).to.equal(`CN=${name}`);
      expect(
        new X509Certificate(certificatePem).verify(new X509Certificate(material.anchorPem).publicKey),
      ).to.equal(true);
      expect(world.directory.tenantOfAddress(pseudonym.addresses.ipv6[0]!)?.domain).to.equal('a.example');
      expect(world.directory.tenantOfAddress(pseudonym.addresses.ipv4[0]!)).to.equal(undefined);
    }
    expect(world.directory.tenantOfName(name)?.domain).to.equal('a.example');
    expect(world.directory.tenantOfName(name.toUpperCase())?.domain).to.equal('a.example');
    expect(authorityPem).to.equal(world.authority.rootPem);
  });

  it('gives two clients of one tenant nothing in common', async () => {
    await start();
    const [a, b] = [await service.register(request), await service.register(request)];
    const materials = [a, b].map(({ name }) => world.parties[1]!.known.get(name)!);
    expect(a.name).to.not.equal(b.name);
    expect(materials[0]!.material.keyPem).to.not.equal(materials[1]!.material.keyPem);
    expect(materials[0]!.pseudonym.addresses.ipv6).to.not.deep.equal(materials[1]!.pseudonym.addresses.ipv6);
    expect(materials[0]!.pseudonym.capability).to.not.equal(materials[1]!.pseudonym.capability);
    expect(a.pkcs12!.password).to.not.equal(b.pkcs12!.password);
  });

  it('declines every domain that is no tenant in the same words', async () => {
    await start();
    const answers = new Set<string>();
    for (const domain of [
      'c.example',
      'A.EXAMPLE.evil',
      '',
      '..',
      'a.example\0',
      '*.example',
      'x'.repeat(300),
    ]) {
      const error = await service.register({ ...request, domain }).catch((failure: CodedError) => failure);
      answers.add(
        JSON.stringify([
          (error as CodedError).code,
          (error as CodedError).message,
          (error as CodedError).mend,
        ]),
      );
    }
    expect([...answers]).to.deep.equal([
      JSON.stringify(['declined', 'there are no pseudonyms for this domain', undefined]),
    ]);
    expect((await service.register({ ...request, domain: 'A.Example.' })).name).to.contain(CLOUD);
    expect(service.counts).to.include({ declined: 7, registered: 1 });
  });

  it('never stores a client key', async () => {
    await start();
    const { pkcs12 } = await service.register(request);
    const tables = await world.store.read<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table'",
    );
    let keys = 0;
    for (const { name } of tables) {
      const rows = JSON.stringify(await world.store.read(`SELECT * FROM "${name}"`));
      keys += rows.match(/BEGIN PRIVATE KEY/g)?.length ?? 0;
      expect(rows).to.not.contain(pkcs12!.password);
    }
    // The one private key is the server's.
    expect(keys).to.equal(1);
  });

  it('has written a pseudonym down before it tells anybody', async () => {
    await start();
    const seen: unknown[] = [];
    world.parties[0]!.trouble = async (_call, act) => {
      seen.push(...(await world.store.read('SELECT state FROM pseudonym')));
      act();
    };
    await service.register(request);
    expect(seen).to.deep.equal([{ state: 'pending' }]);
    expect(await world.store.read('SELECT state FROM pseudonym')).to.deep.equal([{ state: 'active' }]);
  });

  for (const failing of [0, 1]) {
    for (const when of ['before', 'after'] as const) {
      it(`leaves no trace when party ${failing} fails ${when} it acted`, async () => {
        await start();
        world.parties[failing]!.trouble = (call, act) => {
          if (call === 'withdraw' || when === 'after') act();
          if (call === 'publish') throw new CodedError('tenant-away', 'cannot reach a.example');
        };
        expect(await codeOf(service.register(request))).to.equal('distribution-failed');
        expect(world.knownNames()).to.deep.equal([[], []]);
        expect(world.directory.size).to.equal(0);
        for (const table of ['pseudonym', 'own_address']) {
          expect(await world.store.read(`SELECT * FROM ${table}`)).to.deep.equal([]);
        }
        expect(service.size).to.equal(0);
        expect(world.log.join()).to.contain('"reason":"tenant-away"').and.to.not.contain('example');
      });
    }
  }

  it('leaves nothing to be undone by a party that has heard nothing, as when no agent is there', async () => {
    await start();
    const [dns, tenant] = world.parties;
    tenant!.trouble = () => {
      throw new PartyError('tenant-unreachable', 'away', { isUnheard: true });
    };
    expect(await codeOf(service.register(request))).to.equal('distribution-failed');
    expect([...dns!.known.keys()]).to.deep.equal([]);
    expect(await world.store.read('SELECT * FROM pseudonym')).to.deep.equal([]);
    expect(world.log.join()).to.not.contain('popsicl-withdrawal-pending');
  });

  it('does not wait for ever for a party', async () => {
    await start();
    world.parties[1]!.trouble = call => (call === 'publish' ? new Promise(() => {}) : undefined);
    const outcome = codeOf(service.register(request));
    while (world.clock.pending === 0) await new Promise(resolve => setImmediate(resolve));
    world.clock.advance(10_000);
    expect(await outcome).to.equal('distribution-failed');
    expect(world.knownNames()[0]).to.deep.equal([]);
  });

  it('undoes later what it cannot undo at once', async () => {
    await start();
    world.parties[1]!.trouble = (call, act) => {
      if (call === 'publish') act();
      throw new Error('away');
    };
    expect(await codeOf(service.register(request))).to.equal('distribution-failed');
    expect(await service.list(false)).to.have.length(1);
    expect(world.directory.size).to.equal(0);
    world.parties[1]!.trouble = (_call, act) => act();
    await service.sweep();
    expect(await service.list(false)).to.deep.equal([]);
    expect(world.knownNames()).to.deep.equal([[], []]);
  });

  it('is undone at the next start when the controller dies in the middle', async () => {
    await start();
    world.parties[1]!.trouble = (_call, act) => {
      act();
      return new Promise(() => {});
    };
    void service.register(request);
    while (world.parties[1]!.known.size === 0) await new Promise(resolve => setImmediate(resolve));
    expect(world.knownNames().map(names => names.length)).to.deep.equal([1, 1]);
    world.parties[1]!.trouble = (_call, act) => act();
    const next = await world.run();
    expect(await next.recover()).to.equal(1);
    expect(world.knownNames()).to.deep.equal([[], []]);
    expect(await next.list(true)).to.deep.equal([]);
  });

  it('survives a restart: names, addresses and tenants are as before', async () => {
    await start({ addresses: { counts: { ipv4: 2, ipv6: 1 }, modes: { ipv4: 'shared', ipv6: 'sealed' } } });
    const { name } = await service.register(request);
    const gone = await service.register({ ...request, domain: 'b.example' });
    await service.revoke(gone.name);
    const before = world.directory.entry(name)!;
    expect(before.addresses.ipv4).to.have.length(2);
    await world.run();
    expect(world.directory.entry(name)).to.deep.equal(before);
    expect(world.directory.tenantOfName(name)?.domain).to.equal('a.example');
    expect(world.directory.tenantOfAddress(before.addresses.ipv6[0]!)?.domain).to.equal('a.example');
    expect(world.directory.tenantOfName(gone.name)).to.equal(undefined);
  });

  it('numbers tenants one after the other, however many pseudonyms they have', async () => {
    await start();
    for (let count = 0; count < 3; count++) await service.register(request);
    const table = new RegistrationTable(world.store);
    expect(
      await Promise.all(['a.example', 'b.example', 'c.example'].map(d => table.tenantNumber(d))),
    ).to.deep.equal([1, 2, 3]);
  });

  it('takes a request for a key of the client, and refuses garbage before it draws anything', async () => {
    await start();
    expect(await codeOf(service.register({ ...request, csr: 'garbage' }))).to.equal(
      'bad-request-certificate',
    );
    expect(await world.store.read('SELECT * FROM pseudonym')).to.deep.equal([]);
    expect(service.size).to.equal(0);
  });

  it('bounds what one source and all sources may register', async () => {
    const limits = { perSource: 2, global: 3, sources: 2 };
    await start({ registration: { rates: new RateLimits(limits, 0) } });
    const outcomes = [];
    for (const source of ['a', 'a', 'a', 'b', 'c'])
      outcomes.push(await codeOf(service.register({ ...request, source })));
    expect(outcomes).to.deep.equal(['no error', 'no error', 'rate-limited', 'no error', 'rate-limited']);
    world.clock.advance(20_000);
    expect(await codeOf(service.register({ ...request, source: 'b' }))).to.equal('no error');
  });

  it('bounds how many pseudonyms there are', async () => {
    await start({ registration: { maxPseudonyms: 2 } });
    const outcomes = await Promise.all([1, 2, 3].map(() => codeOf(service.register(request))));
    expect(outcomes.sort()).to.deep.equal(['no error', 'no error', 'registry-full']);
  });

  it('gives an address of its own to one pseudonym only, and says when there are no more', async () => {
    await start({
      ipv4: [],
      ipv6: ['2001:db8::/126'],
      addresses: { counts: { ipv4: 0, ipv6: 1 }, modes: { ipv4: 'shared', ipv6: 'own' } },
    });
    // Four addresses, one of which may be drawn from a label although it is not given out at random.
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => codeOf(service.register(request))));
    const given = await world.store.read<{ address: string }>('SELECT address FROM own_address');
    expect(new Set(given.map(row => row.address)).size).to.equal(given.length);
    expect(given.length).to.be.within(3, 4);
    expect(outcomes.filter(outcome => outcome === 'no error')).to.have.length(given.length);
    expect(outcomes.filter(outcome => outcome === 'addresses-exhausted')).to.have.length(8 - given.length);
  });

  it('tells the operator the tenants only when she asks for it', async () => {
    await start();
    await service.register(request);
    expect((await service.list(false))[0]!.tenant).to.equal(null);
    expect((await service.list(true))[0]!.tenant).to.equal('a.example');
  });

  it('gives a tenant that connects again all that it serves, and nothing else', async () => {
    await start();
    const names = [];
    for (let count = 0; count < 3; count++) names.push((await service.register(request)).name);
    await service.register({ ...request, domain: 'b.example' });
    await service.revoke(names.pop()!);
    const found = [];
    for await (const { name } of service.materials('a.example')) found.push(name);
    expect(found.sort()).to.deep.equal(names.sort());
  });

  it('has addresses that do not depend on the tenant: a stored label alone gives them', async () => {
    await start();
    const a = await service.register(request);
    const b = await service.register({ ...request, domain: 'b.example' });
    for (const { name } of [a, b]) {
      expect(world.directory.entry(name)!.addresses).to.deep.equal(world.plan.ofUnknown(name.split('.')[0]!));
    }
  });

  it('has the same addresses for all, known or not, where they are to have them in common', async () => {
    const modes = { ipv4: 'common', ipv6: 'common' } as const;
    await start({ addresses: { counts: { ipv4: 1, ipv6: 1 }, modes } });
    const common = world.plan.common!;
    expect([common.ipv4.length, common.ipv6.length]).to.deep.equal([1, 1]);
    for (const form of ['stored', 'stateless'] as const) {
      const { name } = await service.register({ ...request, form });
      expect(world.directory.entry(name)!.addresses).to.deep.equal(common);
      expect(world.plan.ofUnknown(name.split('.')[0]!)).to.deep.equal(common);
    }
    expect(world.directory.isTaken(common.ipv6[0]!)).to.equal(false);
    expect(world.directory.tenantOfAddress(common.ipv6[0]!)).to.equal(undefined);
    expect(new AddressPlan(world.plan.pool, await loadKeyRing(world.store, 0), TWO_FAMILIES).common).to.equal(
      undefined,
    );
  });

  it('puts clients together by their IPv4 address, or by the /56 of IPv6', () => {
    expect(sourceOf('::ffff:192.0.2.1')).to.equal(sourceOf('192.0.2.1'));
    expect(sourceOf('2001:db8:1:100::1')).to.equal(sourceOf('2001:db8:1:1ff:ffff::2'));
    expect(sourceOf('2001:db8:1:100::1')).to.not.equal(sourceOf('2001:db8:1:200::1'));
    expect(sourceOf('fe80::1%eth0')).to.equal(sourceOf('fe80::2'));
  });
});
