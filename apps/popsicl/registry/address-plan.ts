import { formatIpv6 } from '../../../controller/address/index.js';
import type { AddressFamily, Pseudonym, PseudonymForm } from '../model.js';
import type { AddressPool } from '../pseudonym/address-pool.js';
import { deriveKey, type KeyRing } from '../pseudonym/key-ring.js';
import { drawLabel } from '../pseudonym/label.js';
import { StatelessAddresses } from '../pseudonym/stateless-address.js';
import { StatelessLabels } from '../pseudonym/stateless-label.js';

/**
 * How a family's addresses come about. `shared`: drawn, and several pseudonyms may have the same (4.1). `own`: drawn, one
 * pseudonym each, so that the address alone names the tenant. `sealed`: one each too, and the tenant can be read from it with
 * the key (IPv6 only). `common`: drawn once, and every pseudonym's.
 */
export type AddressMode = 'shared' | 'own' | 'sealed' | 'common';

/** Whether an address is one pseudonym's alone. */
export const isOwn = (mode: AddressMode): boolean => mode === 'own' || mode === 'sealed';

export interface AddressPlanOptions {
  /** Pseudo-addresses of each pseudonym; 0 where the family has no block. */
  readonly counts: Readonly<Record<AddressFamily, number>>;
  readonly modes: Readonly<Record<AddressFamily, AddressMode>>;
}

export interface PlannedPseudonym {
  readonly label: string;
  readonly addresses: Pseudonym['addresses'];
  /** Those that no other pseudonym may have. */
  readonly own: readonly string[];
}

const FAMILIES: readonly AddressFamily[] = ['ipv4', 'ipv6'];
/** In the place of a label, for addresses that all labels have; no label is written so. */
const EVERY_LABEL = '*';

/**
 * Draws labels and their addresses. A stored label's addresses are derived from it under the cloud's secret, so that names that
 * were never given out have addresses too, and keep them when they are: DNS answers for both alike.
 */
export class AddressPlan {
  readonly pool: AddressPool;
  readonly labels: StatelessLabels;
  readonly sealed: StatelessAddresses | undefined;
  private readonly options: AddressPlanOptions;
  private readonly secret: Uint8Array;

  /** Throws PseudonymError `bad-block`. */
  constructor(pool: AddressPool, ring: KeyRing, options: AddressPlanOptions) {
    this.pool = pool;
    this.options = options;
    this.secret = deriveKey(ring.root, 'addresses of labels', 32);
    this.labels = new StatelessLabels(ring);
    this.sealed = options.modes.ipv6 === 'sealed' ? new StatelessAddresses(ring, pool.ipv6[0]!) : undefined;
  }

  /** A new pseudonym; its own addresses are to be checked against those given out. */
  draw(form: PseudonymForm, tenantNumber: number): PlannedPseudonym {
    const label = form === 'stored' ? drawLabel() : undefined;
    const drawn: Record<AddressFamily, string[]> = { ipv4: [], ipv6: [] };
    const own: string[] = [];
    for (const family of FAMILIES) {
      for (let index = 0; index < this.options.counts[family]; index++) {
        const address = this.address(family, label, index, tenantNumber);
        drawn[family].push(address);
        if (isOwn(this.options.modes[family])) own.push(address);
      }
    }
    return { label: label ?? this.labels.seal(drawn), addresses: drawn, own };
  }

  /** Addresses of a label that nobody has, alike in every respect to those of one that somebody has. */
  ofUnknown(label: string): Pseudonym['addresses'] {
    const { counts } = this.options;
    const derive = (family: AddressFamily) =>
      Array.from({ length: counts[family] }, (_, index) => this.derived(family, label, index));
    return { ipv4: derive('ipv4'), ipv6: derive('ipv6') };
  }

  /** Addresses that every name has; undefined where a family's differ from name to name. */
  get common(): Pseudonym['addresses'] | undefined {
    const { counts, modes } = this.options;
    const isCommon = FAMILIES.every(family => counts[family] === 0 || modes[family] === 'common');
    return isCommon ? this.ofUnknown(EVERY_LABEL) : undefined;
  }

  private derived(family: AddressFamily, label: string, index: number): string {
    const text = this.options.modes[family] === 'common' ? EVERY_LABEL : label;
    return this.pool.derive(family, this.secret, `${index} ${text}`);
  }

  private address(
    family: AddressFamily,
    label: string | undefined,
    index: number,
    tenantNumber: number,
  ): string {
    const mode = this.options.modes[family];
    if (mode === 'sealed') return formatIpv6(this.sealed!.seal(tenantNumber));
    if (label === undefined && mode !== 'common') return this.pool.draw(family);
    return this.derived(family, label ?? EVERY_LABEL, index);
  }
}
