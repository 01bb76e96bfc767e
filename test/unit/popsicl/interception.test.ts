import { expect } from 'chai';
import { SequenceField } from '../../../apps/popsicl/cookie/cookie-layout.js';
import { LINUX_OPTIONS, SimulatedClient } from '../../simulator/simulated-client.js';
import { echoOf, told, withoutClock } from './handed-over.js';
import { FAMILIES, InterceptionWorld, NAME, sample } from './interception-world.js';

for (const family of ['IPv4', 'IPv6'] as const) {
  describe(`interception on ${family}`, () => {
    const addresses = FAMILIES[family];
    let world: InterceptionWorld;
    beforeEach(async () => {
      world = new InterceptionWorld(family);
      await world.start();
    });
    afterEach(() => world.simulation.stop());

    it('answers a SYN by a SYN-ACK with just the options that it offers', async () => {
      const whole = await world.connected();
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
        const client = await world.connected(LINUX_OPTIONS.filter(({ type }) => type !== left));
        expect(types(client)).not.to.include(left);
      }
      const bare = await world.connected([]);
      expect(types(bare)).to.deep.equal(['maximum-segment-size']);
      expect(await world.metric('pending_bytes')).to.equal(0);
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
            const client = await world.connected();
            const sent = new Map<number, Uint8Array>();
            for (const offset of order) {
              sent.set(offset, client.data(hello.subarray(offset, offset + size), offset));
              if ((await world.handedOver()).length > 0) break;
            }
            const frames = await world.handedOver();
            const expected = [...sent].sort(([a], [b]) => a - b).map(([, frame]) => frame);
            expect(echoOf(frames[0]!)).to.equal(told(echoOf(expected[0]!), 1));
            expect(frames.map(withoutClock)).to.deep.equal(expected.map(withoutClock));
            expect(await world.metric('pending')).to.equal(0);
            world.sw.forget();
          }
        }
      });
    }

    it('asks connection tracking about SYNs only on switches that were in use before it began', async () => {
      const client = new SimulatedClient(world.sw, {
        ...addresses,
        port: world.port++,
        options: LINUX_OPTIONS,
        initial: 1,
        cookies: world.cookies,
      });
      client.syn();
      await world.simulation.settle();
      expect(world.sw.received.map(({ type }) => type)).to.deep.equal(['packet-out']);
    });

    it('tells the tenant how long the client took to answer, if that can have been a round trip', async () => {
      const hello = sample('openssl-1');
      for (const [milliseconds, isTold] of [
        [12, true],
        [499, true],
        [500, false],
        [10_000, false],
      ] as const) {
        const client = await world.connected();
        await world.simulation.pass(milliseconds);
        const sent = client.data(hello);
        const [frame] = await world.handedOver();
        if (!isTold) expect(frame).to.deep.equal(sent);
        else expect(echoOf(frame!)).to.equal(told(echoOf(sent), milliseconds + 1));
        world.sw.forget();
      }
      const plain = await world.connected(LINUX_OPTIONS.filter(({ type }) => type !== 'timestamps'));
      const sent = plain.data(hello);
      expect(await world.handedOver()).to.deep.equal([sent]);
    });

    it('acknowledges what it has when a client repeats its first segment, so that it sends the rest', async () => {
      const client = await world.connected();
      const hello = sample('chromium-1');
      client.data(hello.subarray(0, 100));
      client.data(hello.subarray(0, 100));
      await world.simulation.settle();
      const [ack] = client.heard();
      expect(ack).to.deep.include({ flags: ['ack'], acknowledgement: (0xffff_fff0 + 101) >>> 0 });
      client.data(hello.subarray(100), 100);
      expect(await world.handedOver()).to.have.length(2);
    });

    it('gives one and the same answer to an unknown, a revoked, a foreign and no name, and to bytes that are no TLS', async () => {
      const hello = sample('openssl-1');
      const at = Buffer.from(hello).indexOf(NAME);
      const renamed = (text: string) => {
        const copy = hello.slice();
        copy.set(Buffer.from(text), at);
        return copy;
      };
      world.directory.remove(NAME);
      const streams = [
        hello,
        renamed('abc124'),
        renamed('www.tenant-a.example'.slice(0, NAME.length)),
        Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
      ];
      const answers = [];
      for (const stream of streams) {
        const client = await world.connected();
        client.data(stream);
        await world.simulation.settle();
        const [answer, ...more] = client.heard();
        expect(more).to.deep.equal([]);
        answers.push({
          ...answer,
          destinationPort: 0,
          sequence: (answer!.sequence - client.synAck!.sequence) >>> 0,
        });
        expect(await world.handedOver()).to.deep.equal([]);
        world.sw.forget();
      }
      for (const answer of answers) expect(answer).to.deep.equal(answers[0]);
      expect(answers[0]!.flags).to.deep.equal(['rst']);
    });

    it('takes nothing without a cookie of its own: forged segments cost no memory', async () => {
      const client = new SimulatedClient(world.sw, {
        ...addresses,
        port: world.port++,
        cookies: world.cookies,
      });
      for (let index = 0; index < 300; index++)
        client.data(sample('chromium-1').subarray(0, 100), index * 100);
      expect(await world.handedOver()).to.deep.equal([]);
      expect(await world.metric('pending')).to.be.at.most(1);
    });

    it('does not answer who cannot be answered, nor a SYN that also ends its connection', async () => {
      const nobody =
        family === 'IPv4'
          ? ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '239.255.255.250', '255.255.255.255']
          : ['::', '::1', 'ff02::1', 'ff0e::1'];
      for (const address of nobody) {
        const client = new SimulatedClient(world.sw, {
          ...addresses,
          address,
          port: world.port++,
          cookies: world.cookies,
        });
        client.syn();
        client.data(sample('openssl-1'));
      }
      const anybody = new SimulatedClient(world.sw, {
        ...addresses,
        port: world.port++,
        cookies: world.cookies,
      });
      for (const flag of ['fin', 'rst'] as const) anybody.syn(['syn', flag]);
      await world.simulation.settle();
      expect(world.sw.received).to.deep.equal([]);
      expect(await world.metric('malformed_total')).to.equal(2 * nobody.length);
      anybody.syn(['syn', 'ece', 'cwr']);
      await world.simulation.settle();
      expect(anybody.heard()).to.have.length(1);
    });

    it('ends waiting at an RST, at a FIN and after its time', async () => {
      const first = sample('chromium-1').subarray(0, 100);
      for (const flags of [['rst'], ['fin', 'ack']] as const) {
        const client = await world.connected();
        client.data(first);
        await world.simulation.settle();
        expect(await world.metric('pending')).to.equal(1);
        client.data(new Uint8Array(0), 100, [...flags]);
        await world.simulation.settle();
        expect(await world.metric('pending')).to.equal(0);
      }
      const client = await world.connected();
      client.data(first);
      await world.simulation.pass(20_000);
      expect(await world.metric('pending')).to.equal(0);
      expect(await world.metric('pending_bytes')).to.equal(0);
    });

    it('sends an RST of a connection on that the switch does not know, or not yet, and answers no other', async () => {
      const hello = sample('openssl-1');
      const client = await world.connected();
      client.data(hello);
      expect(await world.handedOver()).to.have.length(1);
      for (const flags of [['rst'], ['rst', 'ack']] as const) {
        world.sw.forget();
        const frame = client.data(new Uint8Array(0), hello.length, [...flags]);
        expect(await world.handedOver()).to.deep.equal([frame]);
      }
      const stranger = await world.connected();
      stranger.data(new Uint8Array(0), 0, ['rst', 'ack']);
      await world.simulation.settle();
      expect(world.sw.received).to.deep.equal([]);
    });

    it('begins anew when a client gives up a ClientHello in the middle and uses its port again', async () => {
      const hello = sample('chromium-1');
      const first = await world.connected();
      first.data(hello.subarray(0, 100));
      world.port--;
      const again = await world.connected(LINUX_OPTIONS, 77_777);
      again.data(hello.subarray(0, 1000));
      again.data(hello.subarray(1000), 1000);
      expect(await world.handedOver()).to.have.length(2);
      expect(await world.metric('pending')).to.equal(0);
      expect(await world.metric('pending_bytes')).to.equal(0);
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
          return world.keys.newest.hash(bytes, bytes.length) & SequenceField.h2.mask;
        };
        const hello = sample('chromium-1');
        let initial = 0;
        while (part(initial) !== part(initial + split)) initial++;
        const options = LINUX_OPTIONS.filter(({ type }) => type !== 'timestamps');
        const client = await world.connected(options, initial);
        client.data(hello.subarray(0, split));
        client.data(hello.subarray(split), split);
        expect(await world.handedOver()).to.have.length(2);
      });
    }

    it('names nobody in its log', async () => {
      const client = await world.connected();
      client.data(sample('openssl-1'));
      await world.simulation.settle();
      const text = JSON.stringify(world.simulation.log);
      for (const secret of [NAME, 'abc123', addresses.address, addresses.pseudo, '10.0.0.11']) {
        expect(text).not.to.include(secret);
      }
    });
  });
}
