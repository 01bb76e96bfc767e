import { TlsError, TlsHelloReader } from '../../../controller/packet/index.js';
import { Random } from '../random.js';
import { type FuzzTarget, promise } from '../target.js';

/** Names as DNS has them, in lower case: a directory is asked for nothing else. */
const NAME = /^(?=.{1,255}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/** First bytes of TLS clients: nothing but TlsError, the same however they are cut, and names that are names. */
export const clientHelloTarget: FuzzTarget = {
  name: 'clienthello',
  run(input) {
    const whole = outcome([input]);
    const random = Random.of(input);
    const cuts = [random.below(input.length + 1), random.below(input.length + 1)].sort((a, b) => a - b);
    const pieces = [input.subarray(0, cuts[0]), input.subarray(cuts[0], cuts[1]), input.subarray(cuts[1])];
    promise(outcome(pieces) === whole, 'what is found depends on how the bytes are cut');
    return whole.replace(/name .*/, 'name');
  },
};

function outcome(chunks: readonly Uint8Array[]): string {
  const reader = new TlsHelloReader();
  try {
    for (const chunk of chunks) reader.push(chunk);
    const { serverName, offersTls13, hasPreSharedKey, hasEncryptedClientHello } = reader.end();
    promise(serverName === undefined || NAME.test(serverName), 'a server name is none');
    return `${offersTls13} ${hasPreSharedKey} ${hasEncryptedClientHello} name ${serverName}`;
  } catch (error) {
    if (error instanceof TlsError) return error.code;
    throw error;
  }
}
