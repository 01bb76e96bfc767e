import type { ClientCredential } from '../pki/issue.js';
import type { KeyType } from '../pki/key-pair.js';

/** Whose a pseudonym is: of a linker code that was given out, or with `keyHash` of a new one. */
export interface PersonHashes {
  readonly codeHash: Uint8Array;
  /** Of the public key in the certificate for the linker. */
  readonly keyHash?: Uint8Array | undefined;
}

/** What a person gets with her first pseudonym, to be known to the linker by. */
export interface NewPerson {
  readonly linkerName: string;
  readonly code: string;
  readonly credential: ClientCredential;
}

/** What a registration says of its person. */
export type PersonDraft = NewPerson | { readonly linkerName: string };

/** Whose a pseudonym is to be: what the store keeps, and what she gets. */
export interface KnownPerson {
  readonly hashes: PersonHashes;
  readonly draft: PersonDraft;
}

/** How a person becomes known to the linker, and is known again at her next registration. */
export interface PersonRegister {
  /**
   * Somebody new, with a certificate and a code; `request` (PEM) is for a key of her own, which must not be that of `other`, her
   * request for the pseudonym. Throws PkiError.
   */
  introduce(keyType: KeyType, request?: string, other?: string): Promise<KnownPerson>;
  /** Who was given this code. Throws RegistrationError `unknown-code`. */
  recall(code: string): Promise<KnownPerson>;
}
