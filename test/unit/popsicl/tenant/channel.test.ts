import { randomBytes } from 'node:crypto';
import { connect as connectPlain, type Socket } from 'node:net';
import { expect } from 'chai';
import { CHANGE_LIMIT, CHANGE_PATIENCE } from '../../../../apps/popsicl/tenant/change-limit.js';
import { issueAgent } from '../../../../apps/popsicl/tenant/channel/control-authority.js';
import { encodeFromAgent } from '../../../../apps/popsicl/tenant/channel/messages.js';
import type {
  TenantChannel,
  TenantChannelOptions,
} from '../../../../apps/popsicl/tenant/channel/tenant-channel.js';
import type { CookieKey } from '../../../../apps/popsicl/tenant/kernel/handoff-program.js';
import type { RestoredConnection } from '../../../../apps/popsicl/tenant/repair/restored-connection.js';
import { Backoff } from '../../../../controller/transport/backoff.js';
import { until } from '../../../../mininet/driver/until.js';
import { ManualClock } from '../../../simulator/manual-clock.js';
import { ChannelWorld, closed, codeOf, DOMAIN, HELLO, MATERIAL, NAME, PSEUDONYM } from './channel-world.js';
import { Shelf } from './shelf.js';

const CONNECTION: RestoredConnection = {
  family: 6,
  tenant: { address: '2001:db8::2', port: 443 },
  client: { address: '2001:db8::1', port: 50_000 },
  sendSequence: 0xffff_ffff,
  receiveSequence: 0,
  tsval: 0xfedc_ba98,
  sackPermitted: true,
  windowScale: { client: 0, tenant: 14 },
  mss: 1220,
  clientWindow: 64_240,
  offeredWindow: 16_384,
};

describe('the control channel between controller and tenant', () => {
  let world: ChannelWorld;
  const listen = (options?: Partial<TenantChannelOptions>) => world.listen(options);
  const start = (...parts: Parameters<ChannelWorld['start']>) => world.start(...parts);
  const connected = (channel: TenantChannel) => world.connected(channel);

  before(async () => {
    world = await ChannelWorld.make();
  });
  afterEach(() => world.end());
  after(() => world.close());

  it('publishes and withdraws at the agent of the tenant, and resolves when it is done there', async () => {
    const { channel, events } = await listen();
    const shelf = new Shelf();
    start(channel.port, shelf);
    await connected(channel);
    expect(channel.connected).to.deep.equal([{ domain: DOMAIN, strategies: [], hindrances: ['no-btf'] }]);
    expect(events).to.deep.equal([
      { type: 'connected', domain: DOMAIN, strategies: [], hindrances: ['no-btf'] },
    ]);
    await channel.publish(PSEUDONYM, MATERIAL);
    expect(shelf.served.get(NAME)).to.deep.equal(MATERIAL);
    await channel.withdraw(NAME, DOMAIN);
    expect(shelf.served.size).to.equal(0);
  });

  it('waits longer for a change than an agent may take for it, and not for ever', async () => {
    const clock = new ManualClock();
    const { channel } = await listen({ clock, limits: { patience: 10 * CHANGE_PATIENCE } });
    const shelf = new Shelf();
    let isAsked = false;
    let answer = () => {};
    shelf.remove = () =>
      new Promise(resolve => {
        isAsked = true;
        answer = resolve;
      });
    start(channel.port, shelf);
    await connected(channel);
    const late = codeOf(channel.withdraw(NAME, DOMAIN));
    await until('the request', () => isAsked);
    clock.advance(CHANGE_LIMIT + 1000);
    answer();
    expect(await late).to.equal('none');
    const never = codeOf(channel.publish(PSEUDONYM, MATERIAL));
    clock.advance(CHANGE_PATIENCE);
    expect(await never).to.equal('tenant-silent');
  });

  it('does not read what an agent sends in excess, and goes on with the rest in its time', async () => {
    const { channel } = await listen({ limits: { share: { rate: 500, burst: 20 } }, isActive: () => true });
    const socket = world.rawAgent(channel.port, world.credentials);
    socket.on('error', () => {}).resume();
    socket.write(encodeFromAgent({ id: 0, hello: HELLO }));
    await connected(channel);
    const part = encodeFromAgent({ id: 0, inventory: { served: [], last: false } });
    const [agent] = [...(channel as unknown as { agents: Map<string, { socket: Socket }> }).agents.values()];
    const turns: string[] = [];
    for (const turn of ['pause', 'resume']) agent!.socket.on(turn, () => turns.push(turn));
    for (let count = 0; count < 100; count++) socket.write(part);
    await until('the end of a pause', () => turns.includes('resume'));
    expect(turns.slice(0, 2)).to.deep.equal(['pause', 'resume']);
    expect(channel.connected.length).to.equal(1);
  });

  it('rejects when no agent of the tenant is connected, and when the agent refuses', async () => {
    const { channel } = await listen();
    expect(await codeOf(channel.publish(PSEUDONYM, MATERIAL))).to.equal('tenant-unreachable');
    const shelf = new Shelf();
    start(channel.port, shelf);
    await connected(channel);
    shelf.refuse = true;
    expect(await codeOf(channel.publish(PSEUDONYM, MATERIAL))).to.equal('tenant-refused');
    expect(await codeOf(channel.publish({ ...PSEUDONYM, tenant: 'other.example' }, MATERIAL))).to.equal(
      'tenant-unreachable',
    );
    expect(await codeOf(channel.restore(DOMAIN, CONNECTION))).to.equal('tenant-refused');
  });

  it('carries a connection to be restored as it is, with and without its options', async () => {
    const { channel } = await listen();
    const restored: RestoredConnection[] = [];
    const restorer = { restore: async (connection: RestoredConnection) => void restored.push(connection) };
    start(channel.port, new Shelf(), { restorer });
    await connected(channel);
    expect(channel.connected[0]!.strategies).to.deep.equal(['repair']);
    const plain: RestoredConnection = {
      ...CONNECTION,
      family: 4,
      tenant: { address: '10.0.0.2', port: 443 },
      client: { address: '192.0.2.1', port: 1 },
      tsval: undefined,
      sackPermitted: false,
      windowScale: undefined,
    };
    await channel.restore(DOMAIN, CONNECTION);
    await channel.restore(DOMAIN, plain);
    await channel.restore(DOMAIN, { ...CONNECTION, tsval: 0 });
    expect(restored).to.deep.equal([CONNECTION, plain, { ...CONNECTION, tsval: 0 }]);
  });

  it('gives cookie keys to agents that are there and to those that come', async () => {
    const { channel } = await listen();
    const slots: (number | string)[] = [];
    const program = {
      setKey: async ({ epoch, tenantWindowScale }: CookieKey) => void slots.push(epoch, tenantWindowScale),
      clearKey: async (epoch: number) => void slots.push(`clear ${epoch}`),
    };
    const key = (epoch: number) => ({ epoch, key: randomBytes(16), tenantWindowScale: 7 });
    channel.setCookieKeys([key(4)]);
    start(channel.port, new Shelf(), { program });
    await until('the first key', () => slots.length === 3);
    channel.setCookieKeys([key(5), key(4)]);
    await until('the next keys', () => slots.length === 7);
    expect(slots).to.deep.equal(['clear 5', 4, 7, 5, 7, 4, 7]);
  });

  it('revokes what was revoked while the agent was away', async () => {
    const shelf = new Shelf();
    for (let index = 0; index < 450; index++) shelf.served.set(`n${index}.example`, MATERIAL);
    const { channel } = await listen({
      isActive: (name, domain) => domain === DOMAIN && !name.endsWith('7.example'),
    });
    start(channel.port, shelf);
    await until('the revocations', () => shelf.served.size === 405);
    expect([...shelf.served.keys()].some(name => name.endsWith('7.example'))).to.equal(false);
  });

  it('revokes it all, however much it is, without a word too many', async () => {
    const shelf = new Shelf();
    for (let index = 0; index < 50; index++) shelf.served.set(`n${index}.example`, MATERIAL);
    const { channel, events } = await listen({ isActive: () => false, limits: { pending: 300 } });
    for (let index = 50; index < 900; index++) shelf.served.set(`n${index}.example`, MATERIAL);
    start(channel.port, shelf);
    await until('the revocations', () => shelf.served.size === 0 && events.length > 1);
    expect(events.map(({ type }) => type)).to.deep.equal(['connected', 'caught-up']);
  });

  it('keeps one connection of a tenant that has not said Hello, the newest', async () => {
    const { channel } = await listen();
    const sockets = Array.from({ length: 5 }, () => world.rawAgent(channel.port, world.credentials));
    let gone = 0;
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.on('close', () => gone++);
      socket.resume();
    }
    await until('the others to be let go', () => gone === 4);
    sockets.find(socket => !socket.destroyed)!.write(encodeFromAgent({ id: 0, hello: HELLO }));
    await connected(channel);
  });

  it('ends at once, also while somebody says nothing at all', async () => {
    const { channel } = await listen();
    const silent = connectPlain(channel.port, '127.0.0.1');
    silent.on('error', () => {});
    await new Promise(resolve => silent.once('connect', resolve));
    // Its connection has been accepted when that of somebody later is served.
    start(channel.port, new Shelf());
    await connected(channel);
    const gone = closed(silent.resume());
    await channel.close();
    await gone;
  });

  it('connects again when the controller comes back', async () => {
    const first = await listen();
    const { port } = first.channel;
    const { reasons } = start(port, new Shelf());
    await connected(first.channel);
    await first.channel.close();
    await until('the loss', () => reasons.length > 0);
    const second = await listen({ port });
    await connected(second.channel);
  });

  it('lets the newest connection of a tenant take the place of an older one', async () => {
    const { channel, events } = await listen();
    const [old, fresh] = [new Shelf(), new Shelf()];
    start(channel.port, old, {}, world.credentials, new Backoff(60_000, 60_000));
    await connected(channel);
    start(channel.port, fresh);
    await until('the second', () => events.filter(({ type }) => type === 'connected').length >= 2);
    await channel.publish(PSEUDONYM, MATERIAL);
    expect([old.served.size, fresh.served.size]).to.deep.equal([0, 1]);
  });

  it('knows tenants with long domains', async () => {
    const domain = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
    const { channel } = await listen({ isTenant: name => name === domain });
    start(channel.port, new Shelf(), {}, await issueAgent(world.authority, domain, Date.now()));
    await connected(channel);
    expect(channel.connected[0]!.domain).to.equal(domain);
  });
});
