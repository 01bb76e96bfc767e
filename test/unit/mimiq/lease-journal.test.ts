import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DiskPace } from '../../../apps/mimiq/store/disk-pace.js';
import { LeaseJournal } from '../../../apps/mimiq/store/lease-journal.js';

const OWN = new Uint8Array(16).fill(1);
const PAGE = 4096;
const PAGES = 8;

/** However busy the disk is. */
class Tireless extends DiskPace {
  override isQuick(): boolean {
    return true;
  }
}

describe('mimiq lease journal', () => {
  let folder: string;
  let path: string;
  let journals: LeaseJournal[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-journal-'));
    path = join(folder, 'journal');
    journals = [];
  });
  afterEach(async () => {
    for (const journal of journals) await journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function open(last = 0, identity = OWN): LeaseJournal {
    const journal = new LeaseJournal(path, identity, last, PAGES, new Tireless());
    journals.push(journal);
    return journal;
  }

  function prepared(): LeaseJournal {
    const journal = open();
    journal.prepare();
    return journal;
  }

  /** Waits while pages are erased. */
  async function append(journal: LeaseJournal, text: string): Promise<void> {
    while (!journal.append(text)) await new Promise(resolve => setTimeout(resolve, 5));
  }

  it('gives back what was written, in its order, after a crash', async () => {
    const journal = prepared();
    for (const text of ['one', 'two, which is longer', 'drei, größer']) await append(journal, text);
    const texts = open().found.map(({ text }) => text);
    expect(texts).to.deep.equal(['one', 'two, which is longer', 'drei, größer']);
    expect(open(2).found).to.deep.equal([{ sequence: 3, text: 'drei, größer' }]);
    expect(statSync(path).mode & 0o077).to.equal(0);
  });

  it('leaves out a record that was not written whole, and refuses to be without one before another', async () => {
    const journal = prepared();
    for (const text of ['one', 'two', 'three']) await append(journal, text);
    const bytes = readFileSync(path);
    const damaged = (sequence: number) => {
      const copy = Buffer.from(bytes);
      copy[sequence * PAGE + 33]! ^= 1;
      writeFileSync(path, copy);
    };
    damaged(3);
    expect(open().found.map(({ text }) => text)).to.deep.equal(['one', 'two']);
    damaged(2);
    expect(() => open())
      .to.throw()
      .with.property('code', 'store-unusable');
  });

  it('has nothing to do with another database', async () => {
    await append(prepared(), 'one');
    const journal = open(0, new Uint8Array(16).fill(2));
    expect(journal.found).to.deep.equal([]);
    journal.prepare();
    expect(readFileSync(path).every(byte => byte === 0)).to.equal(true);
  });

  it('takes no more than it holds, goes round when the database has it, and erases that', async () => {
    const journal = prepared();
    expect(statSync(path).size).to.equal(PAGES * PAGE);
    for (let number = 1; number <= PAGES; number++) await append(journal, `first ${number}`);
    expect(journal.append('one too many')).to.equal(false);
    journal.forget(5);
    for (let number = 1; number <= 5; number++) await append(journal, `second ${number}`);
    expect(journal.append('one too many')).to.equal(false);
    const { found } = open(5);
    expect(found).to.have.length(PAGES);
    expect([found[0]!.text, found.at(-1)!.text]).to.deep.equal(['first 6', 'second 5']);
    journal.forget(PAGES);
    journal.forget(journal.sequence);
    await journal.close();
    journals.shift();
    expect(readFileSync(path).every(byte => byte === 0)).to.equal(true);
  });

  it('does not take what is longer than a page', () => {
    const journal = prepared();
    expect(journal.append('x'.repeat(PAGE))).to.equal(false);
    expect(journal.sequence).to.equal(0);
  });
});

describe('the pace of a disk', () => {
  it('allows for a single slow write, and pauses ever longer while they are slow', () => {
    const pace = new DiskPace();
    let now = 0;
    const add = (duration: number) => {
      now += duration;
      pace.add(now - duration, now);
    };
    for (let write = 0; write < 100; write++) add(0.05);
    add(5);
    expect(pace.isQuick(now)).to.equal(true);
    while (pace.isQuick(now)) add(5);
    const pauses: number[] = [];
    for (let round = 0; round < 15; round++) {
      if (round > 0) add(5);
      const start = now;
      while (!pace.isQuick(now)) now += 50;
      pauses.push(now - start);
    }
    expect(pauses.slice(0, 3)).to.deep.equal([250, 500, 1000]);
    expect(pauses.at(-1)).to.equal(60_000);
    for (let write = 0; write < 300; write++) add(0.05);
    while (pace.isQuick(now)) add(5);
    now += 250;
    expect(pace.isQuick(now)).to.equal(true);
  });

  it('pauses at once after a write that held everybody up', () => {
    const pace = new DiskPace();
    pace.add(0, 11);
    expect([pace.isQuick(12), pace.isQuick(261)]).to.deep.equal([false, true]);
  });
});
