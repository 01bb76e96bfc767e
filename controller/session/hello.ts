import { decode, helloFor, negotiateVersion, OpenflowError, VERSION } from '../openflow/index.js';
import { SessionError } from './session-error.js';

/** What the controller offers: OpenFlow 1.3 alone. */
export const OWN_HELLO = helloFor([VERSION]);

/**
 * Agrees on a version with the HELLO of any version at `offset` (OpenFlow 1.3.5 section 6.3.1). Returns undefined when
 * that is 1.3, else the error that ends the session.
 */
export function negotiate(buf: Uint8Array, offset: number): SessionError | undefined {
  try {
    const hello = decode(buf, offset);
    if (hello.type === 'hello' && negotiateVersion([VERSION], hello) === VERSION) return undefined;
  } catch (cause) {
    if (!(cause instanceof OpenflowError)) throw cause;
    return new SessionError('malformed-hello', `The HELLO is malformed: ${cause.message}`, { cause });
  }
  const offer = `its HELLO of version 0x${buf[offset]!.toString(16).padStart(2, '0')}`;
  return new SessionError('version-incompatible', `The switch does not offer OpenFlow 1.3 in ${offer}.`);
}
