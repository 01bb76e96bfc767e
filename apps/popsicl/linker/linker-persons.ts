import { keyOfRequest } from '../pki/client-request.js';
import type { KeyType } from '../pki/key-pair.js';
import { PkiError } from '../pki/pki-error.js';
import type { KnownPerson, PersonRegister } from '../registry/person.js';
import { RegistrationError } from '../registry/registration-error.js';
import type { LinkerAuthority } from './linker-authority.js';
import { canonicalCode, codeHash, drawCode, keyHash } from './linker-code.js';
import type { Persons } from './persons.js';

/** Persons by the linker's codes and certificates. */
export class LinkerPersons implements PersonRegister {
  private readonly authority: LinkerAuthority;
  private readonly persons: Persons;

  constructor(authority: LinkerAuthority, persons: Persons) {
    this.authority = authority;
    this.persons = persons;
  }

  async introduce(keyType: KeyType, request?: string, other?: string): Promise<KnownPerson> {
    if (request !== undefined && other !== undefined) await refuseSameKey(request, other);
    const code = drawCode();
    const credential = await this.authority.issue(keyType, request);
    const hashes = { codeHash: codeHash(canonicalCode(code)!), keyHash: keyHash(credential.x509) };
    return { hashes, draft: { linkerName: this.authority.name, code, credential } };
  }

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

/** One key in both certificates would tie the pseudonym to the person for all who see them. */
async function refuseSameKey(...requests: string[]): Promise<void> {
  const keys = await Promise.all(requests.map(keyOfRequest));
  const [one, other] = keys.map(key => Buffer.from(key.toSchema().toBER()));
  if (!one!.equals(other!)) return;
  throw new PkiError('unsupported-key', 'the requests for pseudonym and linker are for one key', {
    mend: 'Make a key of its own for each.',
  });
}
