import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import type { RegistrationService } from '../../../apps/popsicl/registry/registration-service.js';
import type { RegistrationTable } from '../../../apps/popsicl/registry/registration-table.js';
import { CodedError } from '../../../controller/coded-error.js';
import { CLOUD, codeOf, DAY, LIFETIME, RETENTION, World, type WorldOptions } from './registry-world.js';

describe('the end of pseudonyms, and their renewal', () => {
  let world: World;
  let service: RegistrationService;
  const request = { domain: 'a.example', source: 'me' };

  async function start(options: WorldOptions = {}): Promise<void> {
    world = await World.make(options);
    service = await world.run();
  }

  afterEach(() => world.close());

  it('is ended by the operator: nobody knows it any more, and its keys are gone', async () => {
    await start();
    const { name } = await service.register(request);
    const { addresses } = world.directory.entry(name)!;
    expect((await service.revoke(name)).state).to.equal('revoked');
    expect(world.knownNames()).to.deep.equal([[], []]);
    expect(world.directory.tenantOfName(name)).to.equal(undefined);
    expect(world.directory.tenantOfAddress(addresses.ipv6[0]!)).to.equal(undefined);
    // DNS goes on answering as before, so that nobody sees from there that it ended.
    expect(world.directory.entry(name)!.addresses).to.deep.equal(addresses);
    expect(JSON.stringify(await world.store.read('SELECT * FROM pseudonym'))).to.not.contain('PRIVATE KEY');
    expect(await codeOf(service.revoke(name))).to.equal('not-active');
    expect(await codeOf(service.renew(name))).to.equal('not-active');
    expect(await codeOf(service.revoke(`nobody.${CLOUD}`))).to.equal('unknown-pseudonym');
    world.clock.advance(RETENTION + DAY);
    await service.sweep();
    expect(world.directory.entry(name)).to.equal(undefined);
    expect(await service.list(true)).to.deep.equal([]);
  });

  it('ends at once for new connections, also when the tenant cannot be told yet', async () => {
    await start();
    const { name } = await service.register(request);
    world.parties[1]!.trouble = () => {
      throw new CodedError('tenant-away', 'away');
    };
    expect((await service.revoke(name)).state).to.equal('withdrawing');
    expect(world.directory.tenantOfName(name)).to.equal(undefined);
    world.parties[1]!.trouble = (_call, act) => act();
    await service.sweep();
    expect((await service.list(false)).map(report => report.state)).to.deep.equal(['revoked']);
    expect(world.knownNames()).to.deep.equal([[], []]);
  });

  it('waits for a party as long as that party may need', async () => {
    await start();
    const [, tenant] = world.parties;
    Object.assign(tenant!, { patience: 40_000 });
    let answer: (() => void) | undefined;
    tenant!.trouble = (_call, act) =>
      new Promise(resolve => {
        answer = () => resolve(act());
      });
    const registration = service.register(request);
    while (answer === undefined) await new Promise(resolve => setImmediate(resolve));
    world.clock.advance(39_000);
    answer();
    const { name } = await registration;
    expect(world.directory.tenantOfName(name)?.domain).to.equal('a.example');
  });

  it('ends at once for new connections, also while a renewal waits for a tenant, and stays ended', async () => {
    await start();
    const { name } = await service.register(request);
    let answer = () => {};
    world.parties[1]!.trouble = call =>
      call === 'publish' ? new Promise(resolve => (answer = resolve)) : undefined;
    const renewal = codeOf(service.renew(name));
    while (world.clock.pending === 0) await new Promise(resolve => setImmediate(resolve));
    const revocation = service.revoke(name);
    expect(world.directory.tenantOfName(name)).to.equal(undefined);
    answer();
    expect(await renewal).to.equal('no error');
    expect((await revocation).state).to.equal('revoked');
    expect(world.directory.tenantOfName(name)).to.equal(undefined);
  });

  it('goes on when its end cannot be written down', async () => {
    await start();
    const { name } = await service.register(request);
    const { table } = (service as unknown as { options: { table: RegistrationTable } }).options;
    table.beginEnd = () => Promise.reject(new CodedError('store-full', 'no'));
    expect(await codeOf(service.revoke(name))).to.equal('store-full');
    expect(world.directory.tenantOfName(name)?.domain).to.equal('a.example');
  });

  it('expires for all other tenants in time while one says nothing to it, and for that one too', async () => {
    await start();
    const silent = [];
    for (let count = 0; count < 10; count++) silent.push(await service.register(request));
    const others = [];
    for (let count = 0; count < 6; count++)
      others.push(await service.register({ ...request, domain: 'b.example' }));
    let asked = 0;
    world.parties[1]!.trouble = (_call, act, tenant) => {
      if (tenant !== 'a.example') return act();
      asked++;
      return new Promise(() => {});
    };
    world.clock.advance(LIFETIME);
    const statesOf = async (names: readonly { name: string }[]) => {
      const states = new Map((await service.list(false)).map(({ name, state }) => [name, state]));
      return [...new Set(names.map(({ name }) => states.get(name)))];
    };
    const sweep = service.sweep();
    while (String(await statesOf(others)) !== 'expired') await new Promise(resolve => setImmediate(resolve));
    expect(await statesOf(silent)).to.deep.equal(['withdrawing']);
    for (const { name } of silent) expect(world.directory.tenantOfName(name)).to.equal(undefined);
    expect(asked).to.be.within(1, 4);
    // What comes meanwhile does not wait for it either.
    expect(await service.sweep()).to.equal(0);
    // Nor is it asked for every name in turn.
    let expired: number | undefined;
    void sweep.then(count => {
      expired = count;
    });
    while (expired === undefined) {
      world.clock.advance(1000);
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(expired).to.equal(16);
    expect(asked).to.be.below(10);
    world.parties[1]!.trouble = (_call, act) => act();
    for (let round = 0; round < 2; round++) await service.sweep();
    expect(await statesOf(silent)).to.deep.equal(['expired']);
  });

  it('expires by the clock, unless it was renewed', async () => {
    await start();
    const [a, b] = [await service.register(request), await service.register(request)];
    service.sweepEvery(DAY);
    world.clock.advance(LIFETIME - DAY);
    const before = world.parties[1]!.known.get(b.name)!.material;
    const renewed = await service.renew(b.name);
    expect(renewed.expiresAt).to.equal(world.now() + LIFETIME);
    const after = world.parties[1]!.known.get(b.name)!.material;
    expect([after.keyPem, after.anchorPem]).to.deep.equal([before.keyPem, before.anchorPem]);
    expect(Date.parse(new X509Certificate(after.certificatePem).validTo)).to.equal(renewed.expiresAt);
    world.clock.advance(DAY);
    expect(await service.sweep().then(() => service.counts.expired)).to.equal(1);
    const states = new Map((await service.list(false)).map(report => [report.name, report.state]));
    expect([states.get(a.name), states.get(b.name)]).to.deep.equal(['expired', 'active']);
    expect(world.knownNames()[0]).to.deep.equal([b.name]);
    await service.close();
  });

  it('keeps the old end when a renewal does not reach everybody', async () => {
    await start();
    const { name, expiresAt } = await service.register(request);
    world.clock.advance(DAY);
    world.parties[0]!.trouble = () => {
      throw new Error('away');
    };
    expect(await codeOf(service.renew(name))).to.equal('distribution-failed');
    expect((await service.list(false))[0]).to.include({ state: 'active', expiresAt });
    expect(world.directory.tenantOfName(name)?.domain).to.equal('a.example');
  });

  for (const when of ['at once', 'by the next sweep'] as const) {
    it(`leaves nobody with another certificate than the others after a failed renewal, ${when}`, async () => {
      await start();
      const { name } = await service.register(request);
      const certificate = () => world.parties[1]!.known.get(name)!.material.certificatePem;
      const before = certificate();
      world.clock.advance(DAY);
      let calls = 0;
      world.parties[0]!.trouble = (_call, act) => {
        if (calls++ === 0) throw new Error('away');
        act();
      };
      world.parties[1]!.trouble = (_call, act) => {
        if (when !== 'at once' && calls === 2) throw new Error('away');
        act();
      };
      expect(await codeOf(service.renew(name))).to.equal('distribution-failed');
      if (when !== 'at once') {
        expect(certificate()).to.not.equal(before);
        await service.sweep();
      }
      expect(certificate()).to.equal(before);
      expect(world.parties[0]!.known.get(name)!.material.certificatePem).to.equal(before);
    });
  }

  it('does not look for what has expired without end when the clock is set back meanwhile', async () => {
    let now = Date.UTC(2030, 0, 1);
    await start({ registration: { wallClock: () => now } });
    const { name } = await service.register(request);
    now += LIFETIME;
    const { table } = (service as unknown as { options: { table: RegistrationTable } }).options;
    const expired = table.expired.bind(table);
    table.expired = async time => {
      const names = await expired(time);
      now -= DAY;
      return names;
    };
    expect(await service.sweep()).to.equal(1);
    expect(world.directory.tenantOfName(name)).to.equal(undefined);
  });
});
