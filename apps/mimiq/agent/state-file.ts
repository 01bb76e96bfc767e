import { readFileSync, renameSync, writeFileSync } from 'node:fs';
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
    }),
  ),
});

export type SavedAddress = z.output<typeof schema>['addresses'][number];

/** What a restarted agent must know: which addresses it put on the interface, until when, and for whom. */
export class StateFile {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Empty where there is none, or none that can be read. */
  load(): SavedAddress[] {
    try {
      return schema.parse(JSON.parse(readFileSync(this.path, 'utf8'))).addresses;
    } catch {
      return [];
    }
  }

  /** `offset` turns times of the stock's clock into times since 1970. */
  save(addresses: Iterable<StockedAddress>, offset: number): void {
    const saved = [...addresses].map(({ address, gateway, endsAt, holder }) => ({
      address,
      gateway,
      endsAt: endsAt + offset,
      ...(holder !== undefined && { holder }),
    }));
    const next = `${this.path}.new`;
    writeFileSync(next, JSON.stringify({ addresses: saved }), { mode: 0o600 });
    renameSync(next, this.path);
  }
}
