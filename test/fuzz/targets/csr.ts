import { keyOfRequest } from '../../../apps/popsicl/pki/client-request.js';
import { toPem } from '../../../apps/popsicl/pki/pem.js';
import { PkiError } from '../../../apps/popsicl/pki/pki-error.js';
import type { FuzzTarget } from '../target.js';

/** Certificate requests, as DER in PEM and as text: nothing but PkiError, and none is taken that is not signed. */
export const csrTarget: FuzzTarget = {
  name: 'csr',
  async run(input) {
    const asText = await outcome(Buffer.from(input).toString('latin1'));
    return `${await outcome(toPem('CERTIFICATE REQUEST', input))} | ${asText}`;
  },
};

async function outcome(pem: string): Promise<string> {
  try {
    await keyOfRequest(pem);
    return 'taken';
  } catch (error) {
    if (error instanceof PkiError) return error.message;
    throw error;
  }
}
