import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { AliasState } from '../../../apps/mimiq/model.js';
import { MARK_AGE } from '../../../apps/mimiq/steady-time.js';
import type { LeaseStore, StoredLease } from '../../../apps/mimiq/store/lease-store.js';
import { MIGRATIONS } from '../../../apps/mimiq/store/migrations.js';
import { SqliteLeaseStore } from '../../../apps/mimiq/store/sqlite-lease-store.js';
import { openStore } from '../../../controller/store/index.js';
import { until } from '../../../mininet/driver/index.js';
import { MemoryLeaseStore } from '../../simulator/memory-lease-store.js';
import { client, FakeNetwork, SWITCH } from './fake-network.js';

const PROGRAM = fileURLToPath(new URL('./allocating-program.js', import.meta.url));
const TIME = { steady: 1_700_000_000_123, monotonic: 42, boot: 'one' };

function lease(id: number, changes: Partial<StoredLease> = {}): StoredLease {
  return {
    id,
    address: Uint8Array.from({ length: 16 }, (_, index) => id + index),
    attachment: client(id),
    alias: 0xffff,
    notBefore: TIME.steady,
    expiresAt: TIME.steady + 1,
    removeAt: TIME.steady + 2,
    state: 'held',
    request: `mimiq-${id}`,
    ...changes,
  };
}

function alias(value: number): AliasState {
  return { sid: 2 ** 32 - 1, alias: value, switchId: SWITCH, createdAt: 1, usableUntil: 2, validUntil: 3 };
}

/** None of a folder or socket. */
function contentOf(path: string): Buffer[] {
  return statSync(path).isFile() ? [readFileSync(path)] : [];
}

describe('mimiq lease store', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-leases-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const stores: Record<string, () => Promise<LeaseStore>> = {
    memory: async () => new MemoryLeaseStore(),
    SQLite: () => SqliteLeaseStore.open(join(folder, 'leases.db')),
  };
  for (const [name, open] of Object.entries(stores)) {
    it(`in ${name} gives back what was committed, changed and removed`, async () => {
      const store = await open();
      const empty = await store.load();
      expect([empty.nextId, empty.time, empty.identity.length]).to.deep.equal([1, undefined, 16]);
      const ipv4 = lease(2, { address: Uint8Array.of(10, 0, 0, 1), alias: undefined });
      const put = [lease(1), ipv4, lease(3)];
      const aliases = {
        put: [alias(1), alias(2)],
        remove: [],
        sids: [{ switchId: SWITCH, sid: 7 }],
        forget: [],
      };
      await store.commit({ put, aliases, nextId: 4, time: TIME });
      const changed = { ...ipv4, state: 'released' as const, expiresAt: 5, removeAt: 6 };
      // An address that became free goes to its next client in one transaction.
      const reused = lease(4, { address: lease(3).address });
      const ended = { put: [], remove: [alias(1)], sids: [], forget: [] };
      await store.commit({
        put: [changed, reused],
        remove: [lease(3)],
        aliases: ended,
        nextId: 5,
        time: TIME,
      });
      const state = await store.load();
      expect(state.leases.sort((one, other) => one.id - other.id)).to.deep.equal([lease(1), changed, reused]);
      expect([state.aliases, state.sids]).to.deep.equal([[alias(2)], [[SWITCH, 7]]]);
      expect(state.nextId).to.be.at.least(5);
      expect(state.time).to.deep.equal(TIME);
      expect(state.identity).to.deep.equal(empty.identity);
      await store.close();
    });
  }

  it('refuses a second lease on an address, alone and among others, and keeps the first', async () => {
    const store = await SqliteLeaseStore.open(join(folder, 'leases.db'));
    await store.commit({ put: [lease(1)], nextId: 2, time: TIME });
    const second = lease(2, { address: lease(1).address });
    for (const put of [[second], [lease(3), second]]) {
      const refusal = await store.commit({ put, nextId: 4, time: TIME }).catch((error: unknown) => error);
      expect(refusal).to.have.property('code', 'not-applied');
    }
    expect((await store.load()).leases).to.deep.equal([lease(1)]);
    await store.close();
  });

  it('has no id twice, and no time that is much older than what was told, after any commit', async () => {
    const path = join(folder, 'leases.db');
    for (let round = 0; round < 2; round++) {
      const store = await SqliteLeaseStore.open(path);
      let { nextId } = await store.load();
      for (const passed of [0, 10, MARK_AGE - 1, 2 * MARK_AGE, 2 * MARK_AGE + 10]) {
        const time = { ...TIME, steady: TIME.steady + passed, monotonic: TIME.monotonic + passed };
        nextId += 3000;
        await store.commit({ put: [lease(1)], nextId, time });
        const state = await store.load();
        expect(state.nextId).to.be.at.least(nextId);
        expect(time.steady - state.time!.steady).to.be.within(0, MARK_AGE - 1);
        expect(state.time!.steady - state.time!.monotonic).to.equal(TIME.steady - TIME.monotonic);
      }
      await store.close();
    }
  });

  it('takes over the leases of an earlier version’s file', async () => {
    const path = join(folder, 'leases.db');
    const old = await openStore(path, MIGRATIONS.slice(0, 1));
    const { mac } = client(1);
    const row = `1, x'0a000001', '${SWITCH}', ${client(1).port}, ${mac}, NULL, 5, 6, 7, 'held', 'dhcp4'`;
    await old.write([{ sql: `INSERT INTO lease VALUES (${row})` }]);
    await old.close();
    const store = await SqliteLeaseStore.open(path);
    const { leases } = await store.load();
    await store.close();
    const times = { notBefore: 5, expiresAt: 6, removeAt: 7 };
    const address = Uint8Array.of(10, 0, 0, 1);
    expect(leases).to.deep.equal([lease(1, { address, alias: undefined, request: 'dhcp4', ...times })]);
  });

  it('lets an allocator continue where it was', async () => {
    const path = join(folder, 'leases.db');
    const first = await FakeNetwork.start({}, await SqliteLeaseStore.open(path));
    const leases = await first.allocate(client(1), 5, 'five', 6);
    await first.allocator.stop();
    const second = await FakeNetwork.start({}, await SqliteLeaseStore.open(path));
    const again = await second.allocate(client(1), 5, 'five', 6);
    expect(again.map(({ address }) => [...address])).to.have.deep.members(
      leases.map(({ address }) => [...address]),
    );
    await second.allocator.stop();
  });

  it('is for the eyes of its owner, and does not keep leases that ended', async () => {
    const path = join(folder, 'leases.db');
    const store = await SqliteLeaseStore.open(path);
    const marked = lease(1, { request: 'a-request-to-be-forgotten' });
    await store.commit({ put: [marked], nextId: 2, time: TIME });
    await store.commit({ remove: [marked], nextId: 2, time: TIME });
    await store.close();
    expect(statSync(path).mode & 0o077).to.equal(0);
    expect(readFileSync(path, 'latin1')).to.not.contain('a-request-to-be-forgotten');
  });

  it('leaves nothing of leases that ended in SQLite’s log for long', async () => {
    const store = await SqliteLeaseStore.open(join(folder, 'leases.db'), 20);
    const ended = lease(1, { request: 'mimiq-that-was-here' });
    await store.commit({ put: [ended], nextId: 2, time: TIME });
    await store.commit({ remove: [ended], nextId: 2, time: TIME });
    const files = () => Buffer.concat(readdirSync(folder).flatMap(name => contentOf(join(folder, name))));
    try {
      await until('the log to be empty', () => !files().includes('mimiq-that-was-here'));
      await store.commit({ put: [lease(2)], nextId: 3, time: TIME });
      expect(files().includes('mimiq-2')).to.equal(true);
    } finally {
      await store.close();
    }
  });

  it('has everything that a client was told when the controller is killed', async () => {
    const path = join(folder, 'leases.db');
    const told = new Map<string, string>();
    for (let round = 0; round < 3; round++) {
      const program = spawn(process.execPath, [PROGRAM, path, `${round}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(program, 'exit');
      let lines = 0;
      for await (const line of createInterface({ input: program.stdout })) {
        const [address = '', owner = ''] = line.split(' ');
        expect(told.has(address), 'an address given out twice').to.equal(false);
        told.set(address, owner);
        if (++lines === 100) program.kill('SIGKILL');
      }
      await exited;
      const store = await SqliteLeaseStore.open(path);
      const { leases } = await store.load();
      await store.close();
      const stored = new Map(
        leases.map(({ address, attachment }) => [address.join('.'), `${attachment.mac}`]),
      );
      for (const [address, owner] of told) expect(stored.get(address), 'durable before told').to.equal(owner);
      expect(stored.size).to.equal(leases.length);
    }
  });
});
