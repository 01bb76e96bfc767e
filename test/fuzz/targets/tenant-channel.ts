import { ChannelError } from '../../../apps/popsicl/tenant/channel/channel-error.js';
import { Frames } from '../../../apps/popsicl/tenant/channel/frames.js';
import { decodeFromAgent, decodeFromController } from '../../../apps/popsicl/tenant/channel/messages.js';
import type { FuzzTarget } from '../target.js';

const LIMIT = 65_536;

/** The stream between a tenant's agent and the controller: nothing but ChannelError. */
export const tenantChannelTarget: FuzzTarget = {
  name: 'tenant-channel',
  run(input) {
    const kinds: string[] = [];
    try {
      for (const message of new Frames(LIMIT).push(Buffer.from(input))) {
        for (const decode of [decodeFromAgent, decodeFromController]) kinds.push(kindOf(decode, message));
      }
    } catch (error) {
      kinds.push(refusal(error));
    }
    return kinds.slice(0, 8).join(' ');
  },
};

function kindOf(decode: (bytes: Uint8Array) => object, message: Uint8Array): string {
  try {
    return Object.keys(decode(message)).join('+');
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): string {
  if (error instanceof ChannelError) return error.code;
  throw error;
}
