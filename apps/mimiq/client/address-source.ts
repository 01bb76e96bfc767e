import { ClientError } from './client-error.js';

export type Family = 4 | 6;

/** An ephemeral address that one user holds, configured on an interface of this machine. */
export interface HeldAddress {
  readonly address: string;
  /** Aborted when the end of the lease is near: move away from it now. */
  readonly ending: AbortSignal;
  /** Aborted when nothing may be sent from it any more. */
  readonly ended: AbortSignal;
  /** Gives it back. The holder has closed its sockets before. */
  release(): void;
}

/** Where connections get their addresses from: the agent, or a fixed list. */
export interface AddressSource {
  /** Rejects with ClientError `no-address` when there is none; never gives one address to two holders. */
  take(family: Family): Promise<HeldAddress>;
}

/**
 * A fixed list of addresses that are configured already. Each is given in turn, and again only when it is released: by
 * itself this makes no anonymity, since observers see the same few addresses again.
 */
export class StaticAddresses implements AddressSource {
  private readonly free: Record<Family, string[]> = { 4: [], 6: [] };

  constructor(addresses: Iterable<string>) {
    for (const address of addresses) this.free[address.includes(':') ? 6 : 4].push(address);
  }

  async take(family: Family): Promise<HeldAddress> {
    const free = this.free[family];
    const address = free.shift();
    if (address === undefined) {
      throw new ClientError('no-address', `no IPv${family} address is free`, { mend: 'give more addresses' });
    }
    const never = new AbortController();
    let held = true;
    return {
      address,
      ending: never.signal,
      ended: never.signal,
      release: () => {
        if (held) free.push(address);
        held = false;
      },
    };
  }
}

/** The address that the system would choose: for comparison, and where there is no agent. It is shared by all. */
export class SystemAddresses implements AddressSource {
  async take(family: Family): Promise<HeldAddress> {
    const never = new AbortController();
    return {
      address: family === 4 ? '0.0.0.0' : '::',
      ending: never.signal,
      ended: never.signal,
      release: () => undefined,
    };
  }
}
