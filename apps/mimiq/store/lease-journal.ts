import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, write, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { StoreError } from '../../../controller/store/index.js';
import { DiskPace } from './disk-pace.js';

const PAGE = 4096;
const PAGES = 512;
/** Checksum of what follows it (4 bytes), length (4), sequence number (8), whose it is (16). */
const HEADER = 32;
const IDENTITY = 16;
const writePages = promisify(write);

/** A record that was found as the journal was opened. */
export interface JournalRecord {
  readonly sequence: number;
  readonly text: string;
}

/**
 * A ring of pages beside the database: small changes that are on the disk before the database has them. One is a single write in
 * place, which waits for the disk in this thread: two changes of thread would cost more than a quick disk does. One that is slow
 * gets pauses, so that it does not hold up packets. Records are numbered without gaps.
 */
export class LeaseJournal {
  /** What was there, oldest first: what the database has not is the caller's to bring there. */
  readonly found: readonly JournalRecord[];
  private readonly path: string;
  private readonly pages: number;
  /** Writes through to the disk. */
  private readonly through: number;
  /** For erasing, which nobody waits for. */
  private readonly lazy: number;
  private readonly page = Buffer.alloc(PAGE);
  private end = HEADER;
  private last: number;
  private erased: number;
  private readonly pace: DiskPace;
  private isUsable = true;
  private erasing: Promise<unknown> = Promise.resolve();

  /**
   * `identity` (16 bytes) is the database's: records of another one are erased. `last`: the last record that the database has.
   * Throws StoreError `store-unusable` where a record is missing after it.
   */
  constructor(path: string, identity: Uint8Array, last: number, pages = PAGES, pace = new DiskPace()) {
    this.path = path;
    this.pages = pages;
    this.pace = pace;
    this.page.set(identity, HEADER - IDENTITY);
    this.lazy = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.through = openSync(path, constants.O_RDWR | constants.O_DSYNC);
    try {
      this.found = this.read(identity, last);
    } catch (error) {
      this.closeFiles();
      throw error;
    }
    this.last = last + this.found.length;
    this.erased = last;
  }

  /** The number of the last record. */
  get sequence(): number {
    return this.last;
  }

  /** Erases everything that was there: nothing of `found` is needed any more. Makes the file where it is missing. */
  prepare(): void {
    writeSync(this.lazy, Buffer.alloc(this.pages * PAGE), 0, this.pages * PAGE, 0);
    fsyncSync(this.lazy);
    const folder = openSync(dirname(this.path), 'r');
    // The file's name has to be on the disk, too.
    fsyncSync(folder);
    closeSync(folder);
    this.erased = this.last;
  }

  /** True when the record is on the disk. False when it is not to be had now, and then it need not be, but may be. */
  append(text: string): boolean {
    const { page, last, erased } = this;
    const end = HEADER + Buffer.byteLength(text);
    if (!this.isUsable || end > PAGE || last - erased >= this.pages) return false;
    const start = performance.now();
    if (!this.pace.isQuick(start)) return false;
    const sequence = ++this.last;
    page.write(text, HEADER, 'utf8');
    if (end < this.end) page.fill(0, end, this.end);
    this.end = end;
    page.writeUInt32BE(end - HEADER, 4);
    page.writeBigUInt64BE(BigInt(sequence), 8);
    page.writeUInt32BE(crc32(page.subarray(4, end)), 0);
    try {
      if (writeSync(this.through, page, 0, PAGE, (sequence % this.pages) * PAGE) !== PAGE)
        throw new Error('short');
    } catch {
      // Whether it is there is not known: the database has to say that it is not needed, and a new start to try again.
      this.isUsable = false;
      return false;
    }
    this.pace.add(start, performance.now());
    return true;
  }

  /** The database has everything up to `sequence`. */
  forget(sequence: number): void {
    this.erasing = this.erasing
      .then(() => this.erase(sequence))
      .catch(() => {
        this.isUsable = false;
      });
  }

  /** Nothing is written any more. */
  async close(): Promise<void> {
    this.isUsable = false;
    await this.erasing;
    this.closeFiles();
  }

  private async erase(sequence: number): Promise<void> {
    while (this.erased < sequence) {
      const first = (this.erased + 1) % this.pages;
      const count = Math.min(sequence - this.erased, this.pages - first);
      await writePages(this.lazy, Buffer.alloc(count * PAGE), 0, count * PAGE, first * PAGE);
      this.erased += count;
    }
  }

  private closeFiles(): void {
    closeSync(this.through);
    closeSync(this.lazy);
  }

  private read(identity: Uint8Array, last: number): JournalRecord[] {
    const bytes = Buffer.alloc(fstatSync(this.lazy).size);
    readSync(this.lazy, bytes, 0, bytes.length, 0);
    const records: JournalRecord[] = [];
    for (let start = 0; start + PAGE <= bytes.length; start += PAGE) {
      const record = readPage(bytes.subarray(start, start + PAGE), identity);
      if (record !== undefined && record.sequence > last) records.push(record);
    }
    records.sort((one, other) => one.sequence - other.sequence);
    if (records.some(({ sequence }, index) => sequence !== last + 1 + index)) {
      throw new StoreError('store-unusable', `${this.path} lacks a change that was made`, {
        mend: 'Take database and journal from one backup.',
      });
    }
    return records;
  }
}

/** Undefined for an erased page, one that was not written whole, and one of another database. */
function readPage(page: Buffer, identity: Uint8Array): JournalRecord | undefined {
  const end = HEADER + page.readUInt32BE(4);
  if (end > PAGE || crc32(page.subarray(4, end)) !== page.readUInt32BE(0)) return undefined;
  if (!page.subarray(HEADER - IDENTITY, HEADER).equals(identity)) return undefined;
  return { sequence: Number(page.readBigUInt64BE(8)), text: page.toString('utf8', HEADER, end) };
}
