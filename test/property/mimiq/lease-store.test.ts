import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { StoredLease } from '../../../apps/mimiq/store/lease-store.js';
import { MemoryLeaseStore } from '../../../apps/mimiq/store/memory-lease-store.js';
import { SqliteLeaseStore } from '../../../apps/mimiq/store/sqlite-lease-store.js';

/** Few addresses, so that leases follow one another on them. */
const ADDRESSES = 40;

/** For each address what happens to it: a lease begins or ends, and one that ended is forgotten. */
const change = fc.uniqueArray(fc.nat(ADDRESSES - 1), { minLength: 1, maxLength: ADDRESSES });
const step = fc.record({
  change,
  after: fc.constantFrom('continue', 'continue', 'let the database catch up', 'crash'),
});

function begun(id: number, address: number): StoredLease {
  return {
    id,
    address: Uint8Array.of(10, 0, 0, address),
    attachment: { switchId: '0000000000000001', port: address, mac: id },
    alias: undefined,
    notBefore: 1,
    expiresAt: 2,
    removeAt: 3,
    state: 'held',
    request: 'dhcp4',
  };
}

describe('the lease store under crashes', () => {
  it('is what was committed, however changes came and whenever it crashed', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async steps => {
        const folder = mkdtempSync(join(tmpdir(), 'cloakflow-crash-'));
        const model = new MemoryLeaseStore();
        const open: SqliteLeaseStore[] = [];
        try {
          const start = async (path: string) => {
            const store = await SqliteLeaseStore.open(path);
            open.push(store);
            const [found, expected] = [await store.load(), await model.load()];
            const byId = (leases: readonly StoredLease[]) => [...leases].sort((a, b) => a.id - b.id);
            expect(byId(found.leases)).to.deep.equal(byId(expected.leases));
            expect(found.nextId).to.be.at.least(expected.nextId);
            return store;
          };
          let path = join(folder, 'leases.db');
          let store = await start(path);
          const leases = new Map<number, StoredLease>();
          let nextId = 1;
          for (const [number, { change, after }] of steps.entries()) {
            const put: StoredLease[] = [];
            const remove: StoredLease[] = [];
            for (const address of change) {
              const known = leases.get(address);
              if (known === undefined) put.push(begun(nextId++, address));
              else if (known.state === 'held') put.push({ ...known, state: 'released', expiresAt: 1 });
              else remove.push(known);
            }
            for (const { address } of remove) leases.delete(address[3]!);
            for (const lease of put) leases.set(lease.address[3]!, lease);
            const time = { steady: number, monotonic: number, boot: 'one' };
            // In two calls at once, which are done in their order.
            const changes = [
              { put: put.slice(0, 3), nextId, time },
              { put: put.slice(3), remove, nextId, time },
            ];
            await Promise.all(changes.map(each => store.commit(each)));
            for (const each of changes) await model.commit(each);
            if (after === 'let the database catch up') await store.load();
            if (after !== 'crash') continue;
            const copy = join(folder, `${number}`);
            mkdirSync(copy);
            for (const end of ['-recent', '', '-wal']) copyFileSync(path + end, join(copy, `l.db${end}`));
            path = join(copy, 'l.db');
            store = await start(path);
          }
        } finally {
          for (const store of open) await store.close();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 15 },
    );
  });
});
