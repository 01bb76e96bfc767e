import { once } from 'node:events';
import { expect } from 'chai';
import { encodeFromAgent } from '../../../../apps/popsicl/tenant/channel/messages.js';
import { until } from '../../../../mininet/driver/until.js';
import { ChannelWorld, closed, HELLO } from './channel-world.js';
import { Shelf } from './shelf.js';

const PLACES = 16;
const halfOpen = { places: PLACES, perSource: PLACES };

describe('the control channel, flooded with connections that say nothing', () => {
  let world: ChannelWorld;

  before(async () => {
    world = await ChannelWorld.make();
  });
  afterEach(() => world.end());
  after(() => world.close());

  it('lets an agent in, also from the same address', async () => {
    const { channel } = await world.listen({ halfOpen });
    const flood = await world.silent(channel.port, 3 * PLACES, '127.0.0.1');
    await until('room', () => flood.filter(socket => !socket.closed).length === PLACES);
    world.start(channel.port, new Shelf());
    await world.connected(channel);
  });

  it('keeps an agent that is slow to get through TLS, while one address opens ever more', async () => {
    const { channel } = await world.listen({ halfOpen });
    const [slow] = await world.silent(channel.port, 1, '127.0.0.1');
    for (let wave = 0; wave < 3; wave++) await world.silent(channel.port, PLACES, '127.0.0.2');
    const agent = world.rawAgent(channel.port, world.credentials, slow);
    agent.write(encodeFromAgent({ id: 0, hello: HELLO }));
    await world.connected(channel);
  });

  it('gives one address no more than its part, and lets its oldest go', async () => {
    const { channel } = await world.listen({ halfOpen: { places: PLACES, perSource: 2 } });
    const [first, ...rest] = await world.silent(channel.port, 3, '127.0.0.3');
    const others = await world.silent(channel.port, 2, '127.0.0.4');
    await until('the end of the oldest', () => first!.closed);
    expect([...rest, ...others].filter(socket => socket.closed)).to.deep.equal([]);
  });

  it('lets who is invited enrol, while others without a certificate hold every place for that', async () => {
    const enrolment = { isOpen: () => true, enrol: async () => 'a certificate' };
    const { channel, events } = await world.listen({ enrolment });
    const strangers = Array.from({ length: 8 }, () => world.rawAgent(channel.port, undefined));
    await Promise.all(
      strangers.map(socket =>
        once(
          socket.on('error', () => {}),
          'secureConnect',
        ),
      ),
    );
    const invited = world.rawAgent(channel.port, undefined);
    invited.resume().write(encodeFromAgent({ id: 0, enrol: { secret: new Uint8Array(32), request: 'r' } }));
    await closed(invited);
    await until('the certificate', () => events.some(({ type }) => type === 'enrolled'));
  });
});
