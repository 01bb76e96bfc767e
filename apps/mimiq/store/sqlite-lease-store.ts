import { openStore, type Statement, type Store, StoreError } from '../../../controller/store/index.js';
import type { AliasChange } from '../aliases/aliases.js';
import { MARK_AGE, type TimeMark } from '../allocator/steady-time.js';
import type { SwitchId } from '../model.js';
import { LeaseJournal } from './lease-journal.js';
import {
  aliasOf,
  aliasStatements,
  type ChangedRows,
  hexOf,
  inOne,
  leaseOf,
  leaseStatements,
  type Row,
  rowsOf,
} from './lease-rows.js';
import type { LeaseStore, StoreChange, StoredState } from './lease-store.js';
import { MIGRATIONS } from './migrations.js';

/** Ids that are noted as used at once. */
const ID_BLOCK = 4096;
/** Leases of one change that may go to the journal; more of them are worth a transaction. */
const FEW = 24;
/** When the database gets what the journal has: after so many changes, or so many milliseconds. */
const MANY_NOTES = 256;
const NOTE_AGE = 250;

/**
 * Leases in an SQLite file. What is deleted is overwritten in the file: it does not tell who had an address last week. A small
 * change is durable in a journal beside it at once, and the database gets many of those together.
 */
export class SqliteLeaseStore implements LeaseStore {
  private readonly store: Store;
  private readonly journal: LeaseJournal;
  /** What the file says of ids and time. */
  private noted: { nextId: number; time: TimeMark } | undefined;
  /** Changes in the journal that the database has not. */
  private notes: ChangedRows[] = [];
  /** The id of the lease on each address: no address ever has two. */
  private readonly holders = new Map<string, number>();
  /** Writes of leases to the database, one after the other. */
  private writing: Promise<unknown> = Promise.resolve();
  /** Changes that wait for the database. */
  private waiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private hasFailed = false;
  private isLoaded = false;
  /** The last record of the journal that the database has. */
  private settled: number;

  private constructor(store: Store, journal: LeaseJournal, settled: number) {
    this.store = store;
    this.journal = journal;
    this.settled = settled;
  }

  /** Makes the files where they are missing. Throws StoreError. */
  static async open(path: string): Promise<SqliteLeaseStore> {
    const store = await openStore(path, MIGRATIONS);
    let journal: LeaseJournal | undefined;
    try {
      await store.read('PRAGMA secure_delete = ON');
      const [row] = await store.read<Row>('SELECT identity, journal FROM allocator');
      const settled = Number(row!.journal);
      journal = new LeaseJournal(`${path}-recent`, row!.identity as Uint8Array, settled);
      const opened = new SqliteLeaseStore(store, journal, settled);
      await opened.recover();
      return opened;
    } catch (error) {
      await journal?.close();
      await store.close();
      throw error;
    }
  }

  async load(): Promise<StoredState> {
    await this.settle();
    const [progress] = await this.store.read<Row>('SELECT * FROM allocator');
    const leases = await this.store.read<Row>('SELECT * FROM lease');
    const aliases = await this.store.read<Row>('SELECT * FROM alias');
    const sids = await this.store.read<Row>('SELECT * FROM sid');
    const { steady, monotonic, boot } = progress!;
    const loaded = leases.map(leaseOf);
    for (const lease of loaded) this.holders.set(hexOf(lease), lease.id);
    this.isLoaded = true;
    return {
      leases: loaded,
      aliases: aliases.map(aliasOf),
      sids: sids.map(row => [row.switch as SwitchId, Number(row.sid)]),
      nextId: Number(progress!.next_id),
      time:
        boot === null
          ? undefined
          : { steady: Number(steady), monotonic: Number(monotonic), boot: String(boot) },
      identity: new Uint8Array(progress!.identity as Uint8Array),
    };
  }

  async commit(change: StoreChange): Promise<void> {
    const { aliases } = change;
    const rows = rowsOf(change);
    this.checkHolders(rows);
    if (aliases === undefined && this.note(rows)) return;
    if (rows.put.length + rows.remove.length === 0) {
      await this.write(rows, aliases, 0);
      return;
    }
    await this.toDatabase(rows, aliases);
    this.hold(rows);
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    // What the database does not take now stays in the journal.
    await this.settle().catch(() => undefined);
    clearTimeout(this.timer);
    await this.journal.close();
    await this.store.close();
  }

  /** Brings what an earlier process left in the journal to the database. */
  private async recover(): Promise<void> {
    this.notes = this.journal.found.map(({ text }) => JSON.parse(text) as ChangedRows);
    await this.settle();
    this.journal.prepare();
  }

  /** The database guards itself by its key, and the journal cannot. */
  private checkHolders({ put, remove }: ChangedRows): void {
    for (const [address, id] of put) {
      const holder = this.holders.get(address);
      if (holder === undefined || holder === id || remove.includes(address)) continue;
      throw new StoreError('not-applied', 'an address has a lease already');
    }
  }

  private hold({ put, remove }: ChangedRows): void {
    for (const address of remove) this.holders.delete(address);
    for (const [address, id] of put) this.holders.set(address, id);
  }

  /** Makes a small change durable by the journal. False when that is the database's. */
  private note(rows: ChangedRows): boolean {
    if (!this.isLoaded || this.hasFailed) return false;
    // Changes are in the order of the calls: none overtakes one that waits for the database.
    if (this.waiting > 0 || rows.put.length + rows.remove.length > FEW) return false;
    if (!this.journal.append(JSON.stringify(rows))) return false;
    this.notes.push(rows);
    this.hold(rows);
    if (this.notes.length === MANY_NOTES) this.settleSoon(0);
    else if (this.timer === undefined) this.settleSoon(NOTE_AGE);
    return true;
  }

  private settleSoon(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      // Whoever changes something next is told.
      this.settle().catch(() => undefined);
    }, delay);
  }

  /** The database has everything from then on. */
  private settle(): Promise<void> {
    return this.inTurn(async () => {
      if (this.notes.length > 0) await this.writeNotes([]);
    });
  }

  private async toDatabase(rows: ChangedRows, aliases: AliasChange | undefined): Promise<void> {
    this.waiting++;
    try {
      await this.inTurn(() => this.writeNotes([rows], aliases));
    } finally {
      this.waiting--;
    }
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.writing.then(work);
    this.writing = done.catch(() => undefined);
    return done;
  }

  /** One transaction with everything that the journal has, and `more`. */
  private async writeNotes(more: readonly ChangedRows[], aliases?: AliasChange): Promise<void> {
    const { length } = this.notes;
    const { sequence } = this.journal;
    try {
      await this.write(inOne([...this.notes, ...more]), aliases, sequence);
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
    this.hasFailed = false;
    this.notes.splice(0, length);
    this.journal.forget(sequence);
  }

  /** `sequence`: the last record of the journal that the database has then. */
  private async write(rows: ChangedRows, aliases: AliasChange | undefined, sequence: number): Promise<void> {
    const { nextId, time } = rows;
    const statements: Statement[] = [];
    const isNoted = this.isNoted(nextId, time);
    if (!isNoted) {
      statements.push({
        sql: 'UPDATE allocator SET next_id = max(next_id, ?), steady = ?, monotonic = ?, boot = ?',
        parameters: [nextId + ID_BLOCK, time.steady, time.monotonic, time.boot],
      });
    }
    if (sequence > this.settled) {
      statements.push({ sql: 'UPDATE allocator SET journal = max(journal, ?)', parameters: [sequence] });
    }
    statements.push(...leaseStatements(rows), ...(aliases === undefined ? [] : aliasStatements(aliases)));
    await this.store.write(statements);
    if (!isNoted) this.noted = { nextId: nextId + ID_BLOCK, time };
    this.settled = Math.max(this.settled, sequence);
  }

  /** Ids are noted in blocks and time once in MARK_AGE, so that most commits have nothing but leases. */
  private isNoted(nextId: number, { steady, boot }: TimeMark): boolean {
    const { noted } = this;
    if (noted === undefined || nextId > noted.nextId) return false;
    return noted.time.boot === boot && steady - noted.time.steady < MARK_AGE;
  }
}
