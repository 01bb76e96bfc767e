import type { KeyType } from '../pki/key-pair.js';
import type { NewPerson } from '../registry/draft.js';
import { RegistrationError } from '../registry/registration-error.js';
import type { PersonHashes } from '../registry/registration-table.js';
import type { LinkerAuthority } from './linker-authority.js';
import { canonicalCode, codeHash, drawCode, keyHash } from './linker-code.js';
import type { Persons } from './persons.js';

/** Whose a pseudonym is to be: what the store keeps, and what she gets. */
export interface KnownPerson {
  readonly hashes: PersonHashes;
  readonly draft: NewPerson | { readonly linkerName: string };
}

/** How a person becomes known to the linker, and is known again at her next registration. */
export class PersonRegister {
  private readonly authority: LinkerAuthority;
  private readonly persons: Persons;

  constructor(authority: LinkerAuthority, persons: Persons) {
    this.authority = authority;
    this.persons = persons;
  }

  /** Somebody new, with a certificate and a code. */
  async introduce(keyType: KeyType): Promise<KnownPerson> {
    const code = drawCode();
    const credential = await this.authority.issue(keyType);
    const hashes = { codeHash: codeHash(canonicalCode(code)!), keyHash: keyHash(credential.x509) };
    return { hashes, draft: { linkerName: this.authority.name, code, credential } };
  }

  /** Who was given this code. Throws RegistrationError `unknown-code`. */
  async recall(text: string): Promise<KnownPerson> {
    const code = canonicalCode(text);
    const hash = codeHash(code ?? '');
    if (code === undefined || !(await this.persons.hasCode(hash))) {
      throw new RegistrationError('unknown-code', 'this linker code is not known', {
        mend: 'Look at how it is written. When all its pseudonyms have ended, begin anew without it.',
      });
    }
    return { hashes: { codeHash: hash }, draft: { linkerName: this.authority.name } };
  }
}
