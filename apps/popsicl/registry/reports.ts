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
  /** Whether it has an address that is no pseudo-address of this cloud, or no longer. */
  readonly isOutsideBlocks: boolean;
}

/** What the owner of a new pseudonym gets, once. */
export interface Registration {
  /** The pseudonym. */
  readonly name: string;
  /** With the capability: to be bookmarked. */
  readonly url: string;
  readonly expiresAt: number;
  /** The client's certificate. */
  readonly certificatePem: string;
  /** The cloud's root, which the client has to trust for servers. */
  readonly authorityPem: string;
  /** Key and certificate in both forms, under one password; absent when the client brought her own key. */
  readonly pkcs12?: Pkcs12Files;
  /** Absent when she asked for no linker. */
  readonly linker?: {
    /** Host name of the linker. */
    readonly name: string;
    /** For her next pseudonyms; only with the first, as what follows. */
    readonly code?: string;
    readonly certificatePem?: string;
    /** Under the same password as that of the pseudonym. */
    readonly pkcs12?: Pkcs12Files;
  };
}

/** Key and certificate in both forms. */
export interface Pkcs12Files {
  readonly modern: Uint8Array;
  readonly old: Uint8Array;
  readonly password: string;
}
