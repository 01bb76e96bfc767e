import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { drawCapability } from '../../../../apps/popsicl/capability.js';
import type { Pseudonym, ServerMaterial } from '../../../../apps/popsicl/model.js';
import { Agent } from '../../../../apps/popsicl/tenant/agent/agent.js';
import { ControllerLink } from '../../../../apps/popsicl/tenant/agent/controller-link.js';
import { CapabilityFolder } from '../../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import {
  CONTROLLER_NAME,
  type Credentials,
  createControlAuthority,
  issueAgent,
  issueController,
} from '../../../../apps/popsicl/tenant/channel/control-authority.js';
import { encodeFromAgent } from '../../../../apps/popsicl/tenant/channel/messages.js';
import {
  type ChannelEvent,
  TenantChannel,
  type TenantChannelOptions,
} from '../../../../apps/popsicl/tenant/channel/tenant-channel.js';
import type { CookieKey, HandoffProgram } from '../../../../apps/popsicl/tenant/kernel/handoff-program.js';
import type { RestoredConnection } from '../../../../apps/popsicl/tenant/repair/restored-connection.js';
import type { Restorer } from '../../../../apps/popsicl/tenant/repair/restorer.js';
import type { WebServer } from '../../../../apps/popsicl/tenant/web-server/web-server.js';
import { Backoff } from '../../../../controller/transport/backoff.js';
import { until } from '../../../../mininet/driver/until.js';
import { Shelf } from './shelf.js';

const DOMAIN = 'shop.example';
const NAME = 'abc.popsicls.example';
const MATERIAL: ServerMaterial = { name: NAME, certificatePem: 'c', keyPem: 'k', anchorPem: 'a' };
const PSEUDONYM = { name: NAME, tenant: DOMAIN, capability: drawCapability() } as Pseudonym;
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
  let authority: Credentials;
  let controller: Credentials;
  let credentials: Credentials;
  let folder: string;
  const open: (() => unknown)[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-channel-'));
    authority = await createControlAuthority(Date.now());
    [controller, credentials] = await Promise.all([
      issueController(authority, Date.now()),
      issueAgent(authority, DOMAIN, Date.now()),
    ]);
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  async function listen(options: Partial<TenantChannelOptions> = {}) {
    const events: ChannelEvent[] = [];
    const channel = await TenantChannel.listen({
      host: '127.0.0.1',
      port: 0,
      ...controller,
      authorityPem: authority.certificatePem,
      isTenant: domain => domain === DOMAIN,
      onEvent: event => events.push(event),
      ...options,
    });
    open.push(() => channel.close());
    return { channel, events };
  }

  function start(
    port: number,
    shelf: WebServer,
    parts: { program?: unknown; restorer?: unknown } = {},
    own = credentials,
    backoff = new Backoff(5, 20),
  ) {
    const agent = new Agent({
      capabilities: new CapabilityFolder(folder),
      webServer: shelf,
      program: parts.program as HandoffProgram | undefined,
      restorer: parts.restorer as Restorer | undefined,
      hindrances: parts.program ? [] : ['no-btf'],
    });
    const reasons: string[] = [];
    const link = new ControllerLink({
      host: '127.0.0.1',
      port,
      ...own,
      authorityPem: authority.certificatePem,
      hello: async () => agent.hello(),
      inventory: () => agent.inventory(),
      handle: message => agent.handle(message),
      onDisconnected: reason => reasons.push(reason),
      backoff,
    });
    open.push(() => link.close());
    return { link, reasons };
  }

  const connected = (channel: TenantChannel) => until('an agent', () => channel.connected.length > 0);

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
    const sockets = Array.from({ length: 5 }, () => rawAgent(channel.port, credentials));
    let gone = 0;
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.on('close', () => gone++);
      socket.resume();
      open.push(() => socket.destroy());
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
    start(channel.port, old, {}, credentials, new Backoff(60_000, 60_000));
    await connected(channel);
    start(channel.port, fresh);
    await until('the second', () => events.filter(({ type }) => type === 'connected').length >= 2);
    await channel.publish(PSEUDONYM, MATERIAL);
    expect([old.served.size, fresh.served.size]).to.deep.equal([0, 1]);
  });

  /** A connection to the channel over which a test writes what it likes. */
  const rawAgent = (port: number, own: Credentials | undefined) =>
    connect({
      host: '127.0.0.1',
      port,
      servername: CONTROLLER_NAME,
      ca: authority.certificatePem,
      ...(own ? { cert: own.certificatePem, key: own.keyPem } : {}),
    });

  describe('turns away', () => {
    async function refusedWith(own: Credentials | undefined, options: Partial<TenantChannelOptions> = {}) {
      const { channel, events } = await listen(options);
      const socket = rawAgent(channel.port, own);
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
      refusedWith(await issueAgent(authority, 'stranger.example', Date.now())));
    it("the controller's own certificate", () => refusedWith(controller));
  });

  it('knows tenants with long domains', async () => {
    const domain = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
    const { channel } = await listen({ isTenant: name => name === domain });
    start(channel.port, new Shelf(), {}, await issueAgent(authority, domain, Date.now()));
    await connected(channel);
    expect(channel.connected[0]!.domain).to.equal(domain);
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
      ['random bytes', [() => randomBytes(2000)]],
      ['a length that no message has', [() => Uint8Array.of(0xff, 0xff, 0xff, 0xff)]],
      ['a message that is none', [() => framed(Buffer.from('garbage garbage'))]],
      ['an empty message', [() => framed(Buffer.alloc(0))]],
      [
        'an inventory before Hello',
        [() => encodeFromAgent({ id: 0, inventory: { served: [], last: true } })],
      ],
      ['another version', [() => encodeFromAgent({ id: 0, hello: { ...HELLO, version: 9 } })]],
      ['Hello twice', [0, 1].map(() => () => encodeFromAgent({ id: 0, hello: HELLO }))],
      ['text that is no UTF-8', [() => framed(Buffer.from([0x12, 0x04, 0x12, 0x02, 0xff, 0xfe]))]],
    ];
    for (const [what, messages] of garbage) {
      it(`${what} from an agent, and serves others on`, async () => {
        const { channel } = await listen();
        const socket = rawAgent(channel.port, credentials);
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
      const socket = rawAgent(channel.port, credentials);
      socket.on('error', () => {});
      socket.resume();
      const served = [{ name: NAME, digest: new Uint8Array(17) }];
      socket.write(encodeFromAgent({ id: 0, hello: HELLO }));
      socket.write(encodeFromAgent({ id: 0, inventory: { served, last: false } }));
      await closed(socket);
      const reasons = events.flatMap(event => (event.type === 'disconnected' ? [event.reason.code] : []));
      expect(reasons).to.deep.equal(['bad-message']);
    });

    it('bytes that are no TLS, and an answer to a question never asked', async () => {
      const { channel } = await listen();
      const plain = connectPlain(channel.port, '127.0.0.1', () => plain.write('GET / HTTP/1.0\r\n\r\n'));
      plain.on('error', () => {});
      plain.resume();
      await closed(plain);
      const socket = rawAgent(channel.port, credentials);
      open.push(() => socket.destroy());
      socket.write(encodeFromAgent({ id: 0, hello: HELLO }));
      socket.write(encodeFromAgent({ id: 77, done: { failure: '' } }));
      await connected(channel);
    });

    it('an agent that never answers, in time and memory', async () => {
      const { channel } = await listen({ limits: { patience: 50, pending: 3 } });
      const socket = rawAgent(channel.port, credentials);
      socket.on('error', () => {});
      socket.resume();
      socket.write(encodeFromAgent({ id: 0, hello: HELLO }));
      await connected(channel);
      const codes = await Promise.all(
        Array.from({ length: 6 }, () => codeOf(channel.publish(PSEUDONYM, MATERIAL))),
      );
      expect(codes).to.include('tenant-silent').and.include('tenant-congested');
      await closed(socket);
      expect(channel.connected).to.deep.equal([]);
    });

    it('an agent that connects and never says Hello', async () => {
      const { channel } = await listen({ limits: { patience: 50 } });
      const socket = rawAgent(channel.port, credentials);
      socket.on('error', () => {});
      socket.resume();
      await closed(socket);
    });
  });
});

const HELLO = { version: 2, strategies: [], hindrances: [] };

function closed(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    socket.once('close', () => resolve());
  });
}

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
