import { PartyError } from '../party-error.js';

export type DnsErrorCode =
  /** An address and port where the server cannot listen. */
  | 'dns-listen'
  /** The file of the update key holds none. */
  | 'dns-update-key'
  /** The other DNS server did not take an update. No message names a pseudonym. */
  | 'dns-update-refused'
  | 'dns-update-unreachable'
  /** The answer is not signed as it should be: the key differs, a clock is off, or somebody is in between. */
  | 'dns-update-unauthentic';

export class DnsError extends PartyError<DnsErrorCode> {}
