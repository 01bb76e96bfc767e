import { looksStored } from '../pseudonym/label.js';
import { looksStateless } from '../pseudonym/stateless-label.js';
import type { AddressPlan } from '../registry/address-plan.js';
import type { Addresses } from './zone.js';

export interface PseudonymNamesOptions {
  /** Addresses of a name that was registered, be it over or not. */
  readonly registered: (label: string) => Addresses | undefined;
  readonly plan: () => AddressPlan;
  /**
   * `alike`: a label that has the form of a pseudonym has addresses, whether it is one or not, so that nobody learns from DNS
   * which there are. `none`: unknown labels do not exist.
   */
  readonly unknown: 'alike' | 'none';
}

/** Addresses of a label: from the table, from the label itself (6.2), or such as an unknown one gets. */
export function pseudonymNames(options: PseudonymNamesOptions): (label: string) => Addresses | undefined {
  const { registered, plan, unknown } = options;
  return label => {
    const stored = looksStored(label);
    if (!stored && !looksStateless(label)) return undefined;
    const found = registered(label) ?? (stored ? undefined : plan().labels.open(label));
    return found ?? (unknown === 'alike' ? plan().ofUnknown(label) : undefined);
  };
}
