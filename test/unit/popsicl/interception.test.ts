import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { popsiclWith } from '../../../apps/popsicl/app.js';
import { CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import { SequenceField } from '../../../apps/popsicl/cookie/cookie-layout.js';
import type { TenantConfig } from '../../../apps/popsicl/model.js';
import { Punt } from '../../../apps/popsicl/pipeline.js';
import { defineApp } from '../../../controller/host/index.js';
import { Port } from '../../../controller/openflow/index.js';
import { cookieOf, ownerNumber } from '../../../controller/switch/index.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';
import { LINUX_OPTIONS, SimulatedClient } from '../../simulator/simulated-client.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';
import { echoOf, told, withoutClock } from './handed-over.js';

const SAMPLES = new URL('../../../../test/property/packet/clienthello/', import.meta.url);
const sample = (name: string) => Uint8Array.from(readFileSync(new URL(`${name}.bin`, SAMPLES)));
const NAME = 'abc123.popsicls.test';
const TENANT: TenantConfig = { domain: 'tenant-a.example', ipv4: '10.0.0.11', ipv6: 'fd00::11', port: 443 };
/**
 * Always the same: 12 bits of a cookie say that a connection is ours and 19 that a segment is the first, so that by a random key one
 * run in a thousand would take something foreign for its own.
 */
const KEY = { epoch: 0, key: Uint8Array.from({ length: 16 }, (_, index) => index) };
const FAMILIES = {
  IPv4: { address: '192.0.2.1', pseudo: '198.51.100.7', hashed: 'c0000201 01bb 02 04' },
  IPv6: {
    address: '2001:db8:ffff::1',
    pseudo: '2001:db8:1::7',
    hashed: '20010db8 ffff0000 00000000 00000001 01bb 02 06',
  },
};

for (const [family, addresses] of Object.entries(FAMILIES)) {
  describe(`interception on ${family}`, () => {
    let simulation: Simulation;
    let sw: SimulatedSwitch;
    let directory: FixedDirectory;
    let keys: CookieKeys;
    let port = 40_000;
    const owner = ownerNumber('intercept');
    const cookies = { syn: cookieOf(owner, Punt.SYN), segment: cookieOf(owner, Punt.SEGMENT) };

    beforeEach(async () => {
      directory = new FixedDirectory();
      directory.add(NAME, TENANT);
      await start('{}');
    });
    afterEach(() => simulation.stop());

    async function start(limits: string, refuse: SimulatedSwitch['refuse'] = () => undefined): Promise<void> {
      keys = new CookieKeys([KEY]);
      const app = popsiclWith(() => ({ directory, keys }));
      simulation = await Simulation.start({
        config: `{discovery: {enabled: false}, apps: [{intercept: {domain: popsicls.test, limits: ${limits},
          blocks: {ipv4: [198.51.100.0/24], ipv6: ['2001:db8:1::/64']},
          tenants: [{domain: tenant-a.example, ipv4: 10.0.0.11, ipv6: 'fd00::11', mac: '02:00:00:00:00:11'}]}}]}`,
        apps: [defineApp({ ...app, name: 'intercept' })],
      });
      sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2] });
      sw.refuse = refuse;
      await simulation.connect(sw);
      sw.forget();
    }

    /** A client whose SYN has been answered. */
    async function connected(options = LINUX_OPTIONS, initial = 0xffff_fff0): Promise<SimulatedClient> {
      const client = new SimulatedClient(sw, { ...addresses, port: port++, options, initial, cookies });
      client.syn();
      await simulation.settle();
      expect(client.heard()).to.have.length(1);
      sw.forget();
      return client;
    }

    /** Frames that the controller sent to the tenant since the last `forget`. */
    async function handedOver(): Promise<Uint8Array[]> {
      await simulation.settle();
      return sw.received.flatMap(message =>
        message.type === 'packet-out' && message.actions.some(({ type }) => type === 'nx-ct')
          ? [message.data]
          : [],
      );
    }

    /** Of each flow of the app that leads to the controller, its kinds of instructions. */
    const punting = () =>
      sw.flows.flatMap(({ cookie, instructions }) => {
        const isPunting = JSON.stringify(instructions).includes(`"port":${Port.CONTROLLER}`);
        const isOwn = BigInt(cookie) >> 32n === cookies.syn >> 32n;
        return isPunting && isOwn ? [instructions.map(({ type }) => type)] : [];
      });

    const metric = async (name: string) =>
      Number(
        new RegExp(`^cloakflow_intercept_${name}\\{.*\\} (\\d+)$`, 'm').exec(
          await simulation.controller.metricsText(),
        )?.[1],
      );

    it('answers a SYN by a SYN-ACK with just the options that it offers', async () => {
      const whole = await connected();
      expect(whole.synAck).to.deep.include({
        flags: ['syn', 'ack'],
        window: 16384,
        acknowledgement: 0xffff_fff1,
      });
      const types = (client: SimulatedClient) => client.synAck!.options.map(({ type }) => type);
      for (const type of ['maximum-segment-size', 'sack-permitted', 'timestamps', 'window-scale']) {
        expect(types(whole)).to.include(type);
      }
      expect(whole.synAck!.checksum, 'a wrong checksum').to.equal(undefined);
      for (const left of ['sack-permitted', 'timestamps', 'window-scale']) {
        const client = await connected(LINUX_OPTIONS.filter(({ type }) => type !== left));
        expect(types(client)).not.to.include(left);
      }
      const bare = await connected([]);
      expect(types(bare)).to.deep.equal(['maximum-segment-size']);
      expect(await metric('pending_bytes')).to.equal(0);
    });

    for (const name of ['openssl-1', 'chromium-1', 'chromium-125', 'chromium-126', 'node24-1']) {
      it(`hands ${name} over, in 1, 2 and 5 segments, in any order, with repetitions`, async () => {
        const hello = sample(name);
        for (const count of [1, 2, 5]) {
          const size = Math.ceil(hello.length / count);
          const parts = Array.from({ length: count }, (_, index) => index * size);
          for (const order of [
            parts,
            [...parts].reverse(),
            [...parts, ...parts].sort((a, b) => (a % 7) - (b % 7)),
          ]) {
            const client = await connected();
            const sent = new Map<number, Uint8Array>();
            for (const offset of order) {
              sent.set(offset, client.data(hello.subarray(offset, offset + size), offset));
              if ((await handedOver()).length > 0) break;
            }
            const frames = await handedOver();
            const expected = [...sent].sort(([a], [b]) => a - b).map(([, frame]) => frame);
            expect(echoOf(frames[0]!)).to.equal(told(echoOf(expected[0]!), 1));
            expect(frames.map(withoutClock)).to.deep.equal(expected.map(withoutClock));
            expect(await metric('pending')).to.equal(0);
            sw.forget();
          }
        }
      });
    }

    it('asks connection tracking about SYNs only on switches that were in use before it began', async () => {
      const client = new SimulatedClient(sw, {
        ...addresses,
        port: port++,
        options: LINUX_OPTIONS,
        initial: 1,
        cookies,
      });
      client.syn();
      await simulation.settle();
      expect(sw.received.map(({ type }) => type)).to.deep.equal(['packet-out']);
    });

    it('tells the tenant how long the client took to answer, if that can have been a round trip', async () => {
      const hello = sample('openssl-1');
      for (const [milliseconds, isTold] of [
        [12, true],
        [499, true],
        [500, false],
        [10_000, false],
      ] as const) {
        const client = await connected();
        await simulation.pass(milliseconds);
        const sent = client.data(hello);
        const [frame] = await handedOver();
        if (!isTold) expect(frame).to.deep.equal(sent);
        else expect(echoOf(frame!)).to.equal(told(echoOf(sent), milliseconds + 1));
        sw.forget();
      }
      const plain = await connected(LINUX_OPTIONS.filter(({ type }) => type !== 'timestamps'));
      const sent = plain.data(hello);
      expect(await handedOver()).to.deep.equal([sent]);
    });

    it('acknowledges what it has when a client repeats its first segment, so that it sends the rest', async () => {
      const client = await connected();
      const hello = sample('chromium-1');
      client.data(hello.subarray(0, 100));
      client.data(hello.subarray(0, 100));
      await simulation.settle();
      const [ack] = client.heard();
      expect(ack).to.deep.include({ flags: ['ack'], acknowledgement: (0xffff_fff0 + 101) >>> 0 });
      client.data(hello.subarray(100), 100);
      expect(await handedOver()).to.have.length(2);
    });

    it('gives one and the same answer to an unknown, a revoked, a foreign and no name, and to bytes that are no TLS', async () => {
      const hello = sample('openssl-1');
      const at = Buffer.from(hello).indexOf(NAME);
      const renamed = (text: string) => {
        const copy = hello.slice();
        copy.set(Buffer.from(text), at);
        return copy;
      };
      directory.remove(NAME);
      const streams = [
        hello,
        renamed('abc124'),
        renamed('www.tenant-a.example'.slice(0, NAME.length)),
        Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
      ];
      const answers = [];
      for (const stream of streams) {
        const client = await connected();
        client.data(stream);
        await simulation.settle();
        const [answer, ...more] = client.heard();
        expect(more).to.deep.equal([]);
        answers.push({
          ...answer,
          destinationPort: 0,
          sequence: (answer!.sequence - client.synAck!.sequence) >>> 0,
        });
        expect(await handedOver()).to.deep.equal([]);
        sw.forget();
      }
      for (const answer of answers) expect(answer).to.deep.equal(answers[0]);
      expect(answers[0]!.flags).to.deep.equal(['rst']);
    });

    it('takes nothing without a cookie of its own: forged segments cost no memory', async () => {
      const client = new SimulatedClient(sw, { ...addresses, port: port++, cookies });
      for (let index = 0; index < 300; index++)
        client.data(sample('chromium-1').subarray(0, 100), index * 100);
      expect(await handedOver()).to.deep.equal([]);
      expect(await metric('pending')).to.be.at.most(1);
    });

    it('does not answer who cannot be answered, nor a SYN that also ends its connection', async () => {
      const nobody =
        family === 'IPv4'
          ? ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '239.255.255.250', '255.255.255.255']
          : ['::', '::1', 'ff02::1', 'ff0e::1'];
      for (const address of nobody) {
        const client = new SimulatedClient(sw, { ...addresses, address, port: port++, cookies });
        client.syn();
        client.data(sample('openssl-1'));
      }
      const anybody = new SimulatedClient(sw, { ...addresses, port: port++, cookies });
      for (const flag of ['fin', 'rst'] as const) anybody.syn(['syn', flag]);
      await simulation.settle();
      expect(sw.received).to.deep.equal([]);
      expect(await metric('malformed_total')).to.equal(2 * nobody.length);
      anybody.syn(['syn', 'ece', 'cwr']);
      await simulation.settle();
      expect(anybody.heard()).to.have.length(1);
    });

    it('ends waiting at an RST, at a FIN and after its time', async () => {
      const first = sample('chromium-1').subarray(0, 100);
      for (const flags of [['rst'], ['fin', 'ack']] as const) {
        const client = await connected();
        client.data(first);
        await simulation.settle();
        expect(await metric('pending')).to.equal(1);
        client.data(new Uint8Array(0), 100, [...flags]);
        await simulation.settle();
        expect(await metric('pending')).to.equal(0);
      }
      const client = await connected();
      client.data(first);
      await simulation.pass(20_000);
      expect(await metric('pending')).to.equal(0);
      expect(await metric('pending_bytes')).to.equal(0);
    });

    it('sends an RST of a connection on that the switch does not know, or not yet, and answers no other', async () => {
      const hello = sample('openssl-1');
      const client = await connected();
      client.data(hello);
      expect(await handedOver()).to.have.length(1);
      for (const flags of [['rst'], ['rst', 'ack']] as const) {
        sw.forget();
        const frame = client.data(new Uint8Array(0), hello.length, [...flags]);
        expect(await handedOver()).to.deep.equal([frame]);
      }
      const stranger = await connected();
      stranger.data(new Uint8Array(0), 0, ['rst', 'ack']);
      await simulation.settle();
      expect(sw.received).to.deep.equal([]);
    });

    it('begins anew when a client gives up a ClientHello in the middle and uses its port again', async () => {
      const hello = sample('chromium-1');
      const first = await connected();
      first.data(hello.subarray(0, 100));
      port--;
      const again = await connected(LINUX_OPTIONS, 77_777);
      again.data(hello.subarray(0, 1000));
      again.data(hello.subarray(1000), 1000);
      expect(await handedOver()).to.have.length(2);
      expect(await metric('pending')).to.equal(0);
      expect(await metric('pending_bytes')).to.equal(0);
    });

    for (const [what, split] of [
      ['puts a ClientHello together', 100],
      ['hands the rest of a ClientHello over', 1000],
    ] as const) {
      it(`${what} also where the cookie would do for its second segment`, async () => {
        const head = Buffer.from(addresses.hashed.replaceAll(' ', ''), 'hex');
        /** The part of the cookie that depends on the client's initial sequence number, without timestamps. */
        const part = (initial: number) => {
          const number = Buffer.alloc(4);
          number.writeUInt32BE(initial);
          const bytes = Buffer.concat([head, number]);
          return keys.newest.hash(bytes, bytes.length) & SequenceField.h2.mask;
        };
        const hello = sample('chromium-1');
        let initial = 0;
        while (part(initial) !== part(initial + split)) initial++;
        const options = LINUX_OPTIONS.filter(({ type }) => type !== 'timestamps');
        const client = await connected(options, initial);
        client.data(hello.subarray(0, split));
        client.data(hello.subarray(split), split);
        expect(await handedOver()).to.have.length(2);
      });
    }

    it('keeps within its limits: number, number of one source, and bytes', async () => {
      const first = sample('chromium-1').subarray(0, 100);
      for (const [limits, most] of [
        ['{pendingHellos: 3}', 3],
        ['{pendingPerSource: 2}', 2],
        ['{pendingBytes: 65536}', 21],
      ] as const) {
        await simulation.stop();
        await start(limits);
        for (let index = 0; index < 40; index++) (await connected()).data(first);
        await simulation.settle();
        expect(await metric('pending'), limits).to.equal(most);
        expect(await metric('crowded_out_total'), limits).to.equal(40 - most);
      }
    });

    it('hands over so many connections a second of one source, and refuses so many a second of all', async () => {
      const hello = sample('openssl-1');
      await simulation.stop();
      await start('{handoffsPerSource: 3, refusalRate: 5}');
      for (let index = 0; index < 8; index++) (await connected()).data(hello);
      await simulation.settle();
      expect(await metric('handoffs_total')).to.equal(3);
      expect(await metric('crowded_out_total')).to.equal(5);
      for (const refused of [5, 10]) {
        for (let index = 0; index < 9; index++) {
          new SimulatedClient(sw, { ...addresses, port: port++, cookies }).data(Uint8Array.of(1));
        }
        await simulation.settle();
        expect(await metric('refused_total')).to.equal(refused);
        await simulation.pass(1000);
      }
      (await connected()).data(hello);
      await simulation.settle();
      expect(await metric('handoffs_total')).to.equal(4);
    });

    if (family === 'IPv6') {
      it('hands over so many SYNs a second of one source, where the address names the tenant', async () => {
        await simulation.stop();
        await start('{handoffsPerSource: 3}');
        const pseudo = '2001:db8:1::8';
        directory.add('own.popsicls.test', TENANT, [pseudo]);
        const open = (address: string) =>
          new SimulatedClient(sw, { address, pseudo, port: port++, cookies }).syn();
        for (let index = 0; index < 8; index++) open(addresses.address);
        expect(await handedOver()).to.have.length(3);
        expect(await metric('crowded_out_total')).to.equal(5);
        // Two sources share a limit by a chance of 1 in 65,536; that of the first is not that of all three others.
        for (const host of ['eeee', 'eeef', 'eef0']) open(`2001:db8:${host}::1`);
        expect(await handedOver()).to.have.length.within(4, 6);
      });
    }

    it('has meters in front of the controller: no flow of its own leads there past them', async () => {
      await simulation.stop();
      await start('{synRate: 7, segmentRate: 8, neighbourRate: 9}');
      const rates = [...sw.meters.values()].flatMap(({ bands: [band] }) =>
        band?.type === 'drop' ? [band.rate] : [],
      );
      expect(rates.sort()).to.deep.equal([7, 8, 8, ...Array<number>(64).fill(9)]);
      const meters = (why: number) =>
        sw.flows
          .filter(({ cookie }) => BigInt(cookie) === cookieOf(owner, why))
          .flatMap(({ instructions }) => instructions.filter(({ type }) => type === 'meter'));
      expect(meters(Punt.TENANT)).to.not.have.length(0);
      for (const one of meters(Punt.TENANT)) expect(meters(Punt.SEGMENT)).to.not.deep.include(one);
      expect(punting()).to.have.length.above(5);
      for (const types of punting()) expect(types).to.deep.equal(['meter', 'apply-actions']);
    });

    it('lets ports share a meter of neighbours, and keeps the others, where a switch has few', async () => {
      await simulation.stop();
      let taken = 0;
      await start('{}', message =>
        message.type === 'meter-mod' && message.command === 'add' && taken++ >= 8
          ? { errorType: 'meter-mod-failed', errorCode: 'out-of-meters' }
          : undefined,
      );
      await simulation.settle();
      expect(sw.meters.size).to.equal(4);
      for (const types of punting()) expect(types).to.deep.equal(['meter', 'apply-actions']);
      const ids = simulation.log.map(({ id }) => id).filter(id => /meter/.test(String(id)));
      expect(ids).to.deep.equal(['popsicl-few-meters']);
    });

    it('does without meters, and says so once, where a switch refuses them', async () => {
      await simulation.stop();
      await start('{}', ({ type }) =>
        type === 'meter-mod' ? { errorType: 'meter-mod-failed', errorCode: 'out-of-meters' } : undefined,
      );
      await simulation.settle();
      expect(punting()).to.have.length.above(5);
      for (const types of punting()) expect(types).to.deep.equal(['apply-actions']);
      expect(simulation.log.filter(({ id }) => id === 'popsicl-meter-refused')).to.have.length(1);
      (await connected()).data(sample('openssl-1'));
      expect(await handedOver()).to.have.length(1);
    });

    it('names nobody in its log', async () => {
      const client = await connected();
      client.data(sample('openssl-1'));
      await simulation.settle();
      const text = JSON.stringify(simulation.log);
      for (const secret of [NAME, 'abc123', addresses.address, addresses.pseudo, '10.0.0.11']) {
        expect(text).not.to.include(secret);
      }
    });
  });
}
