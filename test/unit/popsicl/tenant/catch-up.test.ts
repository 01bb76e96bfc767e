import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { drawCapability } from '../../../../apps/popsicl/capability.js';
import type { Pseudonym, TenantMaterial } from '../../../../apps/popsicl/model.js';
import { Agent } from '../../../../apps/popsicl/tenant/agent/agent.js';
import type { ControllerLink } from '../../../../apps/popsicl/tenant/agent/controller-link.js';
import { enrolAgent } from '../../../../apps/popsicl/tenant/agent/enrol-agent.js';
import { CapabilityFiles } from '../../../../apps/popsicl/tenant/capabilities/capability-files.js';
import { CapabilityFolder } from '../../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { certifyRequest, enrol, openControl } from '../../../../apps/popsicl/tenant/channel/enrol.js';
import { fingerprintOf, formatToken } from '../../../../apps/popsicl/tenant/channel/invitation-token.js';
import { Invitations } from '../../../../apps/popsicl/tenant/channel/invitations.js';
import { type ChannelEvent, TenantChannel } from '../../../../apps/popsicl/tenant/channel/tenant-channel.js';
import { until } from '../../../../mininet/driver/until.js';
import { linkAgent } from './linked-agent.js';
import { Shelf } from './shelf.js';

const DOMAIN = 'shop.example';
const FACTS = { linker: 'linker.popsicls.example', tenants: [DOMAIN, 'b.example'], trusted: ['b.example'] };

function pseudonym(label: string): TenantMaterial {
  const name = `${label}.popsicls.example`;
  return { name, certificatePem: `c ${label}\n`, keyPem: 'k', anchorPem: 'a', capability: drawCapability() };
}

describe('an agent that connects', () => {
  let folder: string;
  /** What the controller's store says. */
  let store: Map<string, TenantMaterial>;
  let shelf: Shelf;
  let files: CapabilityFiles;
  let events: ChannelEvent[];
  let channel: TenantChannel;
  let now: number;
  let fingerprint: Uint8Array;
  let invitations: Invitations;
  const open: (() => unknown)[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-agent-'));
    [store, shelf, events, now] = [new Map(), new Shelf(), [], 0];
    files = new CapabilityFiles(folder);
    const control = await openControl(join(folder, 'control'), Date.now());
    fingerprint = fingerprintOf(control.authorityPem);
    invitations = new Invitations();
    channel = await TenantChannel.listen({
      host: '127.0.0.1',
      port: 0,
      ...control,
      isTenant: domain => domain === DOMAIN,
      isActive: name => store.has(name),
      async *wanted() {
        yield* store.values();
      },
      cloud: () => FACTS,
      enrolment: {
        isOpen: () => invitations.isAnyOpen(now),
        enrol: async (secret, request) => {
          const domain = invitations.redeem(secret, now);
          return domain && certifyRequest(join(folder, 'control'), domain, request, Date.now());
        },
      },
      onEvent: event => events.push(event),
    });
    open.push(() => channel.close());
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  const caughtUp = () =>
    events.flatMap(event => (event.type === 'caught-up' ? [[event.sent, event.refused]] : []));
  const publish = (material: TenantMaterial) =>
    channel.publish({ ...material, tenant: DOMAIN } as unknown as Pseudonym, material);

  async function connect(): Promise<ControllerLink> {
    if (!(await readFile(join(folder, 'agent', 'agent.pem')).catch(() => undefined)))
      await enrol(DOMAIN, join(folder, 'control'), join(folder, 'agent'), Date.now());
    const agent = new Agent({ webServer: shelf, capabilities: new CapabilityFolder(folder), hindrances: [] });
    const link = linkAgent(agent, channel.port, join(folder, 'agent'));
    open.push(() => link.close());
    return link;
  }

  it('is sent everything when it has nothing, and the application finds capabilities and the cloud', async () => {
    for (let index = 0; index < 300; index++) {
      const material = pseudonym(`p${index}`);
      store.set(material.name, material);
    }
    await connect();
    await until('everything', () => caughtUp().length === 1);
    expect(caughtUp()).to.deep.equal([[300, 0]]);
    expect(shelf.served.size).to.equal(300);
    for (const { name, capability } of store.values()) expect(files.capabilityOf(name)).to.equal(capability);
    expect(files.capabilityOf('P7.PoPSiCls.Example')).to.be.a('string');
    for (const other of ['nobody.popsicls.example', '../cloud', 'cloud.json', ''])
      expect(files.capabilityOf(other)).to.equal(undefined);
    await until('the cloud', () => files.cloud.linker !== '');
    expect(files.cloud).to.deep.equal(FACTS);
  });

  it('is sent what it lost and what differs, and nothing else', async () => {
    const all = Array.from({ length: 40 }, (_, index) => pseudonym(`p${index}`));
    for (const material of all) store.set(material.name, material);
    const link = await connect();
    await until('everything', () => caughtUp().length === 1);
    link.close();
    shelf.served.delete(all[3]!.name);
    store.set(all[5]!.name, { ...all[5]!, certificatePem: 'renewed' });
    await rm(join(folder, `${all[7]!.name}.capability`));
    store.delete(all[9]!.name);
    await writeFile(join(folder, 'Not A Name.capability'), 'x');
    await connect();
    await until('what is missing', () => caughtUp().length === 2 && !shelf.served.has(all[9]!.name));
    expect(caughtUp()[1]).to.deep.equal([3, 0]);
    const again = all.filter(({ name }) => shelf.puts.get(name) === 2).map(({ name }) => name);
    expect(again).to.deep.equal([all[3]!.name, all[5]!.name, all[7]!.name]);
    expect(shelf.served.get(all[5]!.name)!.certificatePem).to.equal('renewed');
    expect(files.capabilityOf(all[7]!.name)).to.equal(all[7]!.capability);
    expect(files.capabilityOf(all[9]!.name)).to.equal(undefined);
  });

  it('has a capability with the pseudonym, and not for longer', async () => {
    await connect();
    await until('the agent', () => caughtUp().length === 1);
    const material = pseudonym('p');
    store.set(material.name, material);
    await publish(material);
    expect(files.capabilityOf(material.name)).to.equal(material.capability);
    await channel.withdraw(material.name, DOMAIN);
    expect(files.capabilityOf(material.name)).to.equal(undefined);
    expect(await publish({ ...material, capability: 'too short' }).catch(error => error.code)).to.equal(
      'tenant-refused',
    );
  });

  it('has no capability where the file is empty or cut off, and is sent it again', async () => {
    const material = pseudonym('p');
    store.set(material.name, material);
    const link = await connect();
    await until('everything', () => caughtUp().length === 1);
    link.close();
    for (const content of ['', material.capability.slice(0, 8), `${material.capability}\n`]) {
      await writeFile(join(folder, `${material.name}.capability`), content);
      expect(files.capabilityOf(material.name)).to.equal(undefined);
    }
    await connect();
    await until('what is missing', () => caughtUp().length === 2);
    expect(files.capabilityOf(material.name)).to.equal(material.capability);
  });

  it('has the store read no further once it is gone', async () => {
    const material = pseudonym('p');
    let read = 0;
    (channel as unknown as { options: { wanted: unknown } }).options.wanted = async function* () {
      for (; read < 10_000; read++) {
        if (read === 100) link.close();
        await new Promise(resolve => setImmediate(resolve));
        yield material;
      }
    };
    store.set(material.name, material);
    await shelf.put(material);
    await new CapabilityFolder(folder).put(material.name, material.capability);
    const link = await connect();
    await until('the end of the agent', () => events.some(({ type }) => type === 'disconnected'));
    const then = read;
    for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve));
    expect(read).to.be.below(then + 10);
    expect(caughtUp()).to.deep.equal([]);
  });

  it('keeps what it was told while the store was read', async () => {
    const [renewed, revoked] = [pseudonym('renewed'), pseudonym('revoked')];
    for (const material of [renewed, revoked]) store.set(material.name, material);
    const old = [...store.values()];
    let go = () => {};
    const held = new Promise<void>(resolve => {
      go = resolve;
    });
    let isReading = false;
    (channel as unknown as { options: { wanted: unknown } }).options.wanted = async function* () {
      isReading = true;
      await held;
      yield* old;
    };
    await connect();
    await until('the reading', () => isReading);
    await publish({ ...renewed, certificatePem: 'newer' });
    store.delete(revoked.name);
    await channel.withdraw(revoked.name, DOMAIN);
    go();
    await until('the end of it', () => caughtUp().length === 1);
    expect(shelf.served.get(renewed.name)!.certificatePem).to.equal('newer');
    expect([...shelf.served.keys()]).to.deep.equal([renewed.name]);
  });

  it('goes on when its web server refuses one', async () => {
    store.set('a.popsicls.example', { ...pseudonym('a'), capability: 'no capability' });
    const good = pseudonym('b');
    store.set(good.name, good);
    await connect();
    await until('the end of it', () => caughtUp().length === 1);
    expect(caughtUp()).to.deep.equal([[2, 1]]);
    expect([...shelf.served.keys()]).to.deep.equal([good.name]);
  });

  describe('for the first time', () => {
    const credentials = () => ({
      certificate: join(folder, 'agent', 'agent.pem'),
      key: join(folder, 'agent', 'agent.key'),
      authority: join(folder, 'agent', 'authority.pem'),
    });
    const enrolBy = async (token: string, port = channel.port) => {
      return enrolAgent({ controller: { host: '127.0.0.1', port }, credentials: credentials(), token }).then(
        () => 'enrolled',
        (error: { code: string }) => error.code,
      );
    };
    const invite = () => formatToken({ fingerprint, secret: invitations.invite(DOMAIN, now, 1000) });

    it('gets its certificate for an invitation, once, and is that tenant with it', async () => {
      const token = invite();
      expect(await enrolBy(token)).to.equal('enrolled');
      await connect();
      await until('the agent', () => channel.connected.length === 1);
      expect(channel.connected[0]!.domain).to.equal(DOMAIN);
      await rm(join(folder, 'agent'), { recursive: true });
      expect(await enrolBy(token)).to.equal('bad-invitation');
      invite();
      expect(await enrolBy(token)).to.equal('bad-invitation');
    });

    it('gets none when the invitation is too old, or somebody made it up', async () => {
      const late = invite();
      now = 1000;
      expect(await enrolBy(late)).to.equal('bad-invitation');
      invite();
      expect(await enrolBy(formatToken({ fingerprint, secret: new Uint8Array(32) }))).to.equal(
        'bad-invitation',
      );
      for (const text of ['', 'x', '!', formatToken({ fingerprint, secret: new Uint8Array(31) })])
        expect(await enrolBy(text)).to.equal('bad-invitation');
      expect(await readFile(credentials().key).catch(error => error.code)).to.equal('ENOENT');
    });

    it('overwrites no file, and keeps the invitation when one is in its way', async () => {
      const token = invite();
      await mkdir(join(folder, 'agent'));
      await writeFile(credentials().key, 'a key of somebody');
      expect(await enrolBy(token)).to.equal('bad-credentials');
      expect(await readFile(credentials().key, 'utf8')).to.equal('a key of somebody');
      await rm(credentials().key);
      expect(await enrolBy(token)).to.equal('enrolled');
      expect((await stat(credentials().key)).mode & 0o077).to.equal(0);
    });

    it('tells nothing of the invitation to a controller that is not the one that invited', async () => {
      const secret = invitations.invite(DOMAIN, now, 1000);
      expect(await enrolBy(formatToken({ fingerprint: new Uint8Array(32), secret }))).to.equal(
        'bad-credentials',
      );
      expect(await enrolBy(formatToken({ fingerprint, secret }))).to.equal('enrolled');
    });

    it('is turned away without a certificate when nobody is invited', async () => {
      const token = invite();
      now = 5000;
      expect(await enrolBy(token)).to.equal('bad-invitation');
      expect(events.map(event => event.type))
        .to.include('refused')
        .and.not.include('enrolled');
      expect(await enrolBy(token, 1)).to.equal('controller-unreachable');
    });
  });
});
