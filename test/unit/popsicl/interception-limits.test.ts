import { expect } from 'chai';
import { Punt } from '../../../apps/popsicl/pipeline.js';
import { cookieOf } from '../../../controller/switch/index.js';
import { SimulatedClient } from '../../simulator/simulated-client.js';
import { FAMILIES, InterceptionWorld, sample, TENANT } from './interception-world.js';

for (const family of ['IPv4', 'IPv6'] as const) {
  describe(`limits of interception on ${family}`, () => {
    const addresses = FAMILIES[family];
    let world: InterceptionWorld;
    beforeEach(async () => {
      world = new InterceptionWorld(family);
      await world.start();
    });
    afterEach(() => world.simulation.stop());

    it('keeps within its limits: number, number of one source, and bytes', async () => {
      const first = sample('chromium-1').subarray(0, 100);
      for (const [limits, most] of [
        ['{pendingHellos: 3}', 3],
        ['{pendingPerSource: 2}', 2],
        ['{pendingBytes: 65536}', 21],
      ] as const) {
        await world.simulation.stop();
        await world.start(limits);
        for (let index = 0; index < 40; index++) (await world.connected()).data(first);
        await world.simulation.settle();
        expect(await world.metric('pending'), limits).to.equal(most);
        expect(await world.metric('crowded_out_total'), limits).to.equal(40 - most);
      }
    });

    it('hands over so many connections a second of one source, and refuses so many a second of all', async () => {
      const hello = sample('openssl-1');
      await world.simulation.stop();
      await world.start('{handoffsPerSource: 3, refusalRate: 5}');
      for (let index = 0; index < 8; index++) (await world.connected()).data(hello);
      await world.simulation.settle();
      expect(await world.metric('handoffs_total')).to.equal(3);
      expect(await world.metric('crowded_out_total')).to.equal(5);
      for (const refused of [5, 10]) {
        for (let index = 0; index < 9; index++) {
          new SimulatedClient(world.sw, { ...addresses, port: world.port++, cookies: world.cookies }).data(
            Uint8Array.of(1),
          );
        }
        await world.simulation.settle();
        expect(await world.metric('refused_total')).to.equal(refused);
        await world.simulation.pass(1000);
      }
      (await world.connected()).data(hello);
      await world.simulation.settle();
      expect(await world.metric('handoffs_total')).to.equal(4);
    });

    if (family === 'IPv6') {
      it('hands over so many SYNs a second of one source, where the address names the tenant', async () => {
        await world.simulation.stop();
        await world.start('{handoffsPerSource: 3}');
        const pseudo = '2001:db8:1::8';
        world.directory.add('own.popsicls.test', TENANT, [pseudo]);
        const open = (address: string) =>
          new SimulatedClient(world.sw, {
            address,
            pseudo,
            port: world.port++,
            cookies: world.cookies,
          }).syn();
        for (let index = 0; index < 8; index++) open(addresses.address);
        expect(await world.handedOver()).to.have.length(3);
        expect(await world.metric('crowded_out_total')).to.equal(5);
        // Two sources share a limit by a chance of 1 in 65,536; that of the first is not that of all three others.
        for (const host of ['eeee', 'eeef', 'eef0']) open(`2001:db8:${host}::1`);
        expect(await world.handedOver()).to.have.length.within(4, 6);
      });
    }

    it('has meters in front of the controller: no flow of its own leads there past them', async () => {
      await world.simulation.stop();
      await world.start('{synRate: 7, segmentRate: 8, neighbourRate: 9}');
      const rates = [...world.sw.meters.values()].flatMap(({ bands: [band] }) =>
        band?.type === 'drop' ? [band.rate] : [],
      );
      expect(rates.sort()).to.deep.equal([7, 8, 8, ...Array<number>(64).fill(9)]);
      const meters = (why: number) =>
        world.sw.flows
          .filter(({ cookie }) => BigInt(cookie) === cookieOf(world.owner, why))
          .flatMap(({ instructions }) => instructions.filter(({ type }) => type === 'meter'));
      expect(meters(Punt.TENANT)).to.not.have.length(0);
      for (const one of meters(Punt.TENANT)) expect(meters(Punt.SEGMENT)).to.not.deep.include(one);
      expect(world.punting()).to.have.length.above(5);
      for (const types of world.punting()) expect(types).to.deep.equal(['meter', 'apply-actions']);
    });

    it('lets ports share a meter of neighbours, and keeps the others, where a switch has few', async () => {
      await world.simulation.stop();
      let taken = 0;
      await world.start('{}', message =>
        message.type === 'meter-mod' && message.command === 'add' && taken++ >= 8
          ? { errorType: 'meter-mod-failed', errorCode: 'out-of-meters' }
          : undefined,
      );
      await world.simulation.settle();
      expect(world.sw.meters.size).to.equal(4);
      for (const types of world.punting()) expect(types).to.deep.equal(['meter', 'apply-actions']);
      const ids = world.simulation.log.map(({ id }) => id).filter(id => /meter/.test(String(id)));
      expect(ids).to.deep.equal(['popsicl-few-meters']);
    });

    it('does without meters, and says so once, where a switch refuses them', async () => {
      await world.simulation.stop();
      await world.start('{}', ({ type }) =>
        type === 'meter-mod' ? { errorType: 'meter-mod-failed', errorCode: 'out-of-meters' } : undefined,
      );
      await world.simulation.settle();
      expect(world.punting()).to.have.length.above(5);
      for (const types of world.punting()) expect(types).to.deep.equal(['apply-actions']);
      expect(world.simulation.log.filter(({ id }) => id === 'popsicl-meter-refused')).to.have.length(1);
      (await world.connected()).data(sample('openssl-1'));
      expect(await world.handedOver()).to.have.length(1);
    });
  });
}
