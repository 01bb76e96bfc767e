import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { AuditLog, readAuditLog } from '../../../apps/mimiq/audit/audit-log.js';
import { makeKeyPair } from '../../../apps/mimiq/audit/seal.js';
import type { Lease } from '../../../apps/mimiq/model.js';
import { client } from './fake-network.js';

function lease(last: number): Lease {
  return {
    id: last,
    address: Uint8Array.of(198, 51, 100, last),
    attachment: client(7),
    alias: undefined,
    notBefore: 0,
    expiresAt: 60_000,
    removeAt: 70_000,
    state: 'held',
  };
}

describe('mimiq audit log', () => {
  const { publicKey, privateKey } = makeKeyPair();
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-audit-'));
    path = join(folder, 'audit.log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (...numbers: number[]) => {
    const log = new AuditLog(path, publicKey);
    for (const number of numbers) log.record([lease(number)], 1000);
    log.close();
  };

  it('is read back by the holder of the private key, over restarts, and by nobody else', () => {
    write(1, 2);
    write(3);
    const text = readFileSync(path, 'latin1');
    const { records, unreadable } = readAuditLog(text, privateKey);
    expect(records.map(({ address }) => address)).to.deep.equal([
      '198.51.100.1',
      '198.51.100.2',
      '198.51.100.3',
    ]);
    expect(records[0]).to.include({ switch: '0000000000000001', port: 7, mac: '02:00:00:00:00:07' });
    expect(unreadable).to.equal(0);
    expect(readAuditLog(text, makeKeyPair().privateKey)).to.deep.equal({ records: [], unreadable: 3 });
  });

  it('shows neither addresses nor lengths, and is its owner’s alone', () => {
    write(1, 200);
    const lines = readFileSync(path, 'latin1').trim().split('\n').slice(1);
    expect(new Set(lines.map(line => line.length)).size).to.equal(1);
    expect(lines.map(line => Buffer.from(line, 'base64').toString('latin1')).join('')).to.not.contain(
      '198.51',
    );
    expect(statSync(path).mode & 0o077).to.equal(0);
  });

  it('is readable around a line that a crash cut off', () => {
    write(1, 2);
    truncateSync(path, statSync(path).size - 20);
    write(3);
    const { records, unreadable } = readAuditLog(readFileSync(path, 'latin1'), privateKey);
    expect(records.map(({ address }) => address)).to.deep.equal(['198.51.100.1', '198.51.100.3']);
    expect(unreadable).to.equal(1);
  });

  it('is readable after records that could not be written', () => {
    const log = new AuditLog(path, publicKey);
    log.record([lease(1)], 1000);
    expect(() => log.record([lease(2), { ...lease(3), expiresAt: Number.NaN }], 1000)).to.throw();
    log.record([lease(4)], 1000);
    log.close();
    const { records, unreadable } = readAuditLog(readFileSync(path, 'latin1'), privateKey);
    expect(records.map(({ address }) => address)).to.deep.equal(['198.51.100.1', '198.51.100.4']);
    expect(unreadable).to.equal(0);
  });

  it('loses no more than the lines that are damaged', () => {
    write(1, 2, 3, 4);
    const lines = readFileSync(path, 'latin1').trim().split('\n');
    lines[2] = `${lines[2]!.slice(0, 20)}${lines[2]![20] === 'A' ? 'B' : 'A'}${lines[2]!.slice(21)}`;
    lines[3] = '';
    lines.splice(3, 0, 'nonsense');
    const { records, unreadable } = readAuditLog(lines.join('\n'), privateKey);
    expect(records.map(({ address }) => address)).to.deep.equal(['198.51.100.1', '198.51.100.4']);
    expect(unreadable).to.equal(2);
  });

  it('does not open records that were changed or moved', () => {
    write(1, 2);
    const [key, first, second] = readFileSync(path, 'latin1').trim().split('\n');
    expect(
      readAuditLog([key, second, first].join('\n'), privateKey).records.map(({ address }) => address),
    ).to.deep.equal(['198.51.100.1']);
  });
});
