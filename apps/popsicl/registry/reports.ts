import type { PseudonymForm } from '../model.js';

/** `pending`: being distributed. `withdrawing`: no longer valid, and not every party has forgotten it yet. */
export type RegistrationState = 'pending' | 'active' | 'withdrawing' | 'revoked' | 'expired';

/** A pseudonym as the operator sees it. */
export interface PseudonymReport {
  readonly name: string;
  readonly form: PseudonymForm;
  readonly state: RegistrationState;
  /** Null unless unsealed. */
  readonly tenant: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number;
}
