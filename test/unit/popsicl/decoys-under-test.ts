import { Decoys, type DecoysOptions } from '../../../apps/popsicl/decoy/decoys.js';
import { CloudAuthority, createAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { drawLabel } from '../../../apps/popsicl/pseudonym/label.js';

export const DOMAIN = 'popsicls.test';
export const DAY = 24 * 60 * 60 * 1000;
export const drawName = () => `${drawLabel()}.${DOMAIN}`;

/** A cloud's authority that was made ten days ago. */
export async function oldAuthority(): Promise<CloudAuthority> {
  const then = Date.now() - 10 * DAY;
  return CloudAuthority.load(await createAuthority(DOMAIN, 'ecdsa-p256', then), then);
}

/** Decoys that nothing keeps and nothing limits much. */
export function decoysWith(
  options: Partial<DecoysOptions> & Pick<DecoysOptions, 'authority' | 'server' | 'clock'>,
): Decoys {
  return new Decoys({
    domain: DOMAIN,
    keyType: 'ecdsa-p256',
    lifetime: 365 * DAY,
    capacity: 100,
    perMinute: 100,
    perSource: 100,
    firstAnswer: 0,
    keeper: { keep: async () => {}, forget: async () => {} },
    known: [],
    wallClock: Date.now,
    failed: error => {
      throw error;
    },
    ...options,
  });
}
