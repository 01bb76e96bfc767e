import { closeSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import type { StockedAddress } from './address-stock.js';

const schema = z.object({
  addresses: z.array(
    z.object({
      address: z.string().max(45),
      gateway: z.string().max(45),
      /** Milliseconds since 1970. */
      endsAt: z.number(),
      holder: z.string().optional(),
      user: z.int().optional(),
    }),
  ),
});

export type SavedAddress = z.output<typeof schema>['addresses'][number];

/** Bytes after which a fresh file takes the place of the old one. */
const MAX_BYTES = 1 << 20;

/**
 * What a restarted agent must know: which addresses it put on the interface, until when, and for whom. Each line is the whole of
 * it and the last whole line counts, so that an application does not wait for more than one short write.
 */
export class StateFile {
  private readonly path: string;
  private file: number | undefined;
  private written = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Empty where there is none, or none that can be read. */
  load(): SavedAddress[] {
    for (const line of this.lines().reverse()) {
      const saved = parse(line);
      if (saved !== undefined) return saved;
    }
    return [];
  }

  /** `offset` turns times of the stock's clock into times since 1970. Throws what the file system throws. */
  save(addresses: Iterable<StockedAddress>, offset: number): void {
    const saved = [...addresses].map(({ address, gateway, endsAt, holder, user }) => ({
      address,
      gateway,
      endsAt: endsAt + offset,
      ...(holder !== undefined && { holder }),
      ...(user !== undefined && { user }),
    }));
    const line = Buffer.from(`${JSON.stringify({ addresses: saved })}\n`);
    if (this.file === undefined || this.written > MAX_BYTES) this.begin(line);
    else this.append(line);
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  /** The old file stays until the new one has its first line. */
  private begin(line: Uint8Array): void {
    this.close();
    const next = `${this.path}.new`;
    this.file = openSync(next, 'w', 0o600);
    this.written = 0;
    this.append(line);
    renameSync(next, this.path);
  }

  /** Where a line does not get in whole, the next one begins a fresh file. */
  private append(line: Uint8Array): void {
    try {
      for (let done = 0; done < line.length; ) done += writeSync(this.file!, line, done);
    } catch (error) {
      this.close();
      throw error;
    }
    this.written += line.length;
  }

  private lines(): string[] {
    try {
      return readFileSync(this.path, 'utf8').split('\n');
    } catch {
      return [];
    }
  }
}

function parse(line: string): SavedAddress[] | undefined {
  try {
    return schema.parse(JSON.parse(line)).addresses;
  } catch {
    return undefined;
  }
}
