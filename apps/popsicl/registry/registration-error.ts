import { CodedError } from '../../../controller/coded-error.js';

/** No message names a domain, a pseudonym or an address: it may be logged, and it goes to whoever asked. */
export type RegistrationErrorCode =
  /** The domain is none of the cloud's tenants. The answer is the same for every such domain. */
  | 'declined'
  | 'rate-limited'
  /** As many pseudonyms as the configuration allows. */
  | 'registry-full'
  /** A party could not be told, or not in time; nothing is left of the registration. */
  | 'distribution-failed'
  | 'unknown-pseudonym'
  /** The pseudonym has ended. */
  | 'not-active'
  | 'closing'
  /** The operator asked for something that there is not. */
  | 'bad-call'
  /** A linker code that was not given out, or whose pseudonyms have all ended. */
  | 'unknown-code'
  /** The cloud has no linker. */
  | 'no-linker'
  /** The configuration has no `registration`. */
  | 'no-registration';

export class RegistrationError extends CodedError<RegistrationErrorCode> {}
