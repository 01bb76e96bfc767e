import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatMac } from '../../../controller/address/index.js';
import { formatAddress } from '../address-prefix.js';
import type { Lease } from '../model.js';
import { Opener, Sealer } from './seal.js';

/** Who had which address, and until when at most. */
export interface AuditRecord {
  readonly at: string;
  readonly address: string;
  readonly until: string;
  readonly switch: string;
  readonly port: number;
  readonly mac: string;
}

/** Every record has this length before it is sealed, so that the file tells only how many there are. */
const RECORD_BYTES = 256;

/**
 * The sealed log of a lawful audit. It is there only when an operator asks for it, each lease is in it before its client
 * hears of the address, and only the holder of the private key can read it. Lines: `key BASE64` for a new sealer, then
 * one sealed record each.
 */
export class AuditLog {
  private readonly file: number;
  private readonly recipient: Uint8Array;
  private sealer: Sealer | undefined;

  /** Appends to the file, which only its owner may read. `recipient`: raw X25519 public key. */
  constructor(path: string, recipient: Uint8Array) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.file = openSync(path, 'a', 0o600);
    this.recipient = recipient;
  }

  /** Durable when it returns; throws what the file system throws. */
  record(leases: readonly Lease[], now: number): void {
    const sealer = this.sealer ?? this.begin();
    // Records are opened by their order: after one that is not there whole, another sealer goes on.
    this.sealer = undefined;
    const lines = leases.map(lease => base64(sealer.seal(recordOf(lease, now))));
    this.write(`${lines.join('\n')}\n`);
    fdatasyncSync(this.file);
    this.sealer = sealer;
  }

  /** A new sealer. After a torn last line everything after this one is readable all the same. */
  private begin(): Sealer {
    const sealer = new Sealer(this.recipient);
    this.write(`\nkey ${base64(sealer.ephemeral)}\n`);
    return sealer;
  }

  private write(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    for (let written = 0; written < bytes.length; ) written += writeSync(this.file, bytes, written);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** Damaged lines in a row behind which records are still looked for. */
const MAX_DAMAGED = 64;

/** The records that this key opens, in their order; `unreadable` counts the lines that it does not, which cost no others. */
export function readAuditLog(
  text: string,
  privateKey: Uint8Array,
): { records: AuditRecord[]; unreadable: number } {
  const records: AuditRecord[] = [];
  let unreadable = 0;
  let opener: Opener | undefined;
  let damaged = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('key ')) {
      const ephemeral = Buffer.from(line.slice(4), 'base64');
      damaged = 0;
      opener = ephemeral.length === 32 ? new Opener(privateKey, ephemeral) : undefined;
      continue;
    }
    const plain = opener?.open(Buffer.from(line, 'base64'), Math.min(damaged, MAX_DAMAGED));
    damaged = plain === undefined ? damaged + 1 : 0;
    if (plain === undefined) unreadable++;
    else records.push(JSON.parse(Buffer.from(plain).toString('utf8').trimEnd()) as AuditRecord);
  }
  return { records, unreadable };
}

function recordOf({ address, expiresAt, attachment }: Lease, now: number): Uint8Array {
  const record: AuditRecord = {
    at: new Date(now).toISOString(),
    address: formatAddress(address),
    until: new Date(expiresAt).toISOString(),
    switch: attachment.switchId,
    port: attachment.port,
    mac: formatMac(attachment.mac),
  };
  return Buffer.from(JSON.stringify(record).padEnd(RECORD_BYTES), 'utf8');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
