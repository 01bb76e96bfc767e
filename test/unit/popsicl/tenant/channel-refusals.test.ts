import { randomBytes } from 'node:crypto';
import { connect as connectPlain } from 'node:net';
import { expect } from 'chai';
import {
  type Credentials,
  createControlAuthority,
  issueAgent,
  issueController,
} from '../../../../apps/popsicl/tenant/channel/control-authority.js';
import { encodeFromAgent } from '../../../../apps/popsicl/tenant/channel/messages.js';
import type {
  TenantChannel,
  TenantChannelOptions,
} from '../../../../apps/popsicl/tenant/channel/tenant-channel.js';
import { until } from '../../../../mininet/driver/until.js';
import { ManualClock } from '../../../simulator/manual-clock.js';
import { ChannelWorld, closed, codeOf, DOMAIN, HELLO, MATERIAL, NAME, PSEUDONYM } from './channel-world.js';
import { Shelf } from './shelf.js';

describe('the control channel', () => {
  let world: ChannelWorld;
  const listen = (options?: Partial<TenantChannelOptions>) => world.listen(options);
  const start = (...parts: Parameters<ChannelWorld['start']>) => world.start(...parts);
  const connected = (channel: TenantChannel) => world.connected(channel);

  before(async () => {
    world = await ChannelWorld.make();
  });
  afterEach(() => world.end());
  after(() => world.close());

  describe('turns away', () => {
    async function refusedWith(own: Credentials | undefined, options: Partial<TenantChannelOptions> = {}) {
      const { channel, events } = await listen(options);
      const socket = world.rawAgent(channel.port, own);
      socket.on('error', () => {});
      socket.on('secureConnect', () => socket.write(encodeFromAgent({ id: 0, hello: HELLO })));
      socket.resume();
      await closed(socket);
      await until('the report', () => events.length > 0);
      expect(events[0]!.type).to.equal('refused');
      expect(channel.connected).to.deep.equal([]);
    }

    it('who has no certificate', () => refusedWith(undefined));
    it('a certificate of another authority', async () =>
      refusedWith(await issueAgent(await createControlAuthority(Date.now()), DOMAIN, Date.now())));
    it('an expired certificate', async () => {
      const old = await createControlAuthority(Date.now() - 11 * 365 * 24 * 3_600_000);
      await refusedWith(await issueAgent(old, DOMAIN, Date.now()), { authorityPem: old.certificatePem });
    });
    it('an agent of a domain that is no tenant', async () =>
      refusedWith(await issueAgent(world.authority, 'stranger.example', Date.now())));
    it("the controller's own certificate", () => refusedWith(world.controller));
  });

  it('is not fooled by a controller that is none', async () => {
    const false1 = await createControlAuthority(Date.now());
    const { channel } = await listen({ ...(await issueController(false1, Date.now())) });
    const { reasons } = start(channel.port, new Shelf());
    await until('two refusals', () => reasons.length > 1);
    expect(channel.connected).to.deep.equal([]);
    expect(reasons[0]).to.match(/signature|self-signed|unable|cert/);
  });

  describe('survives', () => {
    const garbage: [string, (() => Uint8Array)[]][] = [
      // A short length before them would be waited for; they say a long one.
      ['random bytes', [() => Buffer.concat([Buffer.of(0x80), randomBytes(2000)])]],
      ['a length that no message has', [() => Uint8Array.of(0xff, 0xff, 0xff, 0xff)]],
      ['a message that is none', [() => framed(Buffer.from('garbage garbage'))]],
      ['an empty message', [() => framed(Buffer.alloc(0))]],
      [
        'an inventory before Hello',
        [() => encodeFromAgent({ id: 0, inventory: { served: [], last: true } })],
      ],
      ['another version', [() => encodeFromAgent({ id: 0, hello: { ...HELLO, version: 9 } })]],
      ['Hello twice', [0, 1].map(() => () => encodeFromAgent({ id: 0, hello: HELLO }))],
      [
        'a strategy that is text for the log',
        [() => encodeFromAgent({ id: 0, hello: { ...HELLO, strategies: ['cookie', 'a b\n'] } })],
      ],
      [
        'thousands of hindrances',
        [() => encodeFromAgent({ id: 0, hello: { ...HELLO, hindrances: new Array(4000).fill('no-btf') } })],
      ],
      [
        'an answer to a question never asked',
        [
          () => encodeFromAgent({ id: 0, hello: HELLO }),
          () => encodeFromAgent({ id: 77, done: { failure: '' } }),
        ],
      ],
      ['text that is no UTF-8', [() => framed(Buffer.from([0x12, 0x04, 0x12, 0x02, 0xff, 0xfe]))]],
    ];
    for (const [what, messages] of garbage) {
      it(`${what} from an agent, and serves others on`, async () => {
        const { channel } = await listen({ limits: { patience: 600_000 } });
        const socket = world.rawAgent(channel.port, world.credentials);
        socket.on('error', () => {});
        socket.resume();
        for (const message of messages) socket.write(message());
        await closed(socket);
        const shelf = new Shelf();
        start(channel.port, shelf);
        await connected(channel);
        await channel.publish(PSEUDONYM, MATERIAL);
      });
    }

    it('an agent whose digests are longer than any, of which it could have many kept', async () => {
      const { channel, events } = await listen({ isActive: () => true });
      const socket = world.rawAgent(channel.port, world.credentials);
      socket.on('error', () => {});
      socket.resume();
      const served = [{ name: NAME, digest: new Uint8Array(17) }];
      socket.write(encodeFromAgent({ id: 0, hello: HELLO }));
      socket.write(encodeFromAgent({ id: 0, inventory: { served, last: false } }));
      await closed(socket);
      const reasons = events.flatMap(event => (event.type === 'disconnected' ? [event.reason.code] : []));
      expect(reasons).to.deep.equal(['bad-message']);
    });

    it('bytes that are no TLS', async () => {
      const { channel } = await listen();
      const plain = connectPlain(channel.port, '127.0.0.1', () => plain.write('GET / HTTP/1.0\r\n\r\n'));
      plain.on('error', () => {});
      plain.resume();
      await closed(plain);
      start(channel.port, new Shelf());
      await connected(channel);
    });

    it('an agent that never answers, in time and memory', async () => {
      const clock = new ManualClock();
      const limits = { patience: 50, changePatience: 50, pending: 3 };
      const { channel } = await listen({ clock, limits });
      const socket = world.rawAgent(channel.port, world.credentials);
      socket.on('error', () => {});
      socket.resume();
      socket.write(encodeFromAgent({ id: 0, hello: HELLO }));
      await connected(channel);
      const codes = Array.from({ length: 6 }, () => codeOf(channel.publish(PSEUDONYM, MATERIAL)));
      const gone = closed(socket);
      // For the answers, until it is asked whether it is there, and for the answer to that.
      for (let time = 0; time < 3; time++) {
        clock.advance(50);
        await new Promise(resolve => setImmediate(resolve));
      }
      expect(await Promise.all(codes))
        .to.include('tenant-silent')
        .and.include('tenant-congested');
      await gone;
      expect(channel.connected).to.deep.equal([]);
    });

    it('an agent that connects and never says Hello', async () => {
      const { channel } = await listen({ limits: { patience: 50 } });
      const socket = world.rawAgent(channel.port, world.credentials);
      socket.on('error', () => {});
      socket.resume();
      await closed(socket);
    });
  });
});

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
