import type { OpenflowError } from '../openflow/index.js';
import { OpenflowReplyError } from '../session/index.js';
import type { FlowMod, GroupMod, RequestChannel } from './types.js';

/** Position of a message that was not carried out, and why. */
export type Failures = Map<number, OpenflowError | OpenflowReplyError>;

/** `isCommitted` false: nothing of the bundle was carried out. */
export interface BundleOutcome {
  isCommitted: boolean;
  failures: Failures;
}

const FLAGS = ['atomic', 'ordered'] as const;
/** Milliseconds: Open vSwitch commits some 30,000 flow-mods a second. */
const BASE_TIMEOUT = 10_000;
const TIMEOUT_OF_MESSAGE = 0.2;

/**
 * Sends messages as one bundle (ONF EXT-230 over OpenFlow 1.3): the switch carries all of them out at once, or,
 * when it refuses one at the commit, none. Undefined when the switch knows no bundles. Rejects when the
 * connection ends. With a switch that has opened one before (`isKnown`) all of it is sent at once, for its commit tells what
 * became of it.
 */
export async function sendBundle(
  channel: RequestChannel,
  bundleId: number,
  messages: readonly (FlowMod | GroupMod)[],
  isKnown: boolean,
): Promise<BundleOutcome | undefined> {
  const control = { type: 'onf-bundle-control', bundleId, flags: FLAGS } as const;
  const opened = channel.request({ ...control, controlType: 'open-request' });
  if (isKnown) opened.catch(() => undefined);
  else {
    try {
      await opened;
    } catch (error) {
      if (error instanceof OpenflowReplyError) return undefined;
      throw error;
    }
  }
  let isCommitted = true;
  const timeout = BASE_TIMEOUT + messages.length * TIMEOUT_OF_MESSAGE;
  const failures = await channel.sendAll(
    messages.map(message => ({ type: 'onf-bundle-add-message', bundleId, flags: FLAGS, message }) as const),
    {
      timeout,
      finish: async () => {
        try {
          await channel.request({ ...control, controlType: 'commit-request' }, { timeout });
        } catch (error) {
          if (!(error instanceof OpenflowReplyError)) throw error;
          isCommitted = false;
        }
      },
    },
  );
  return { isCommitted, failures: new Map(failures.map(({ index, error }) => [index, error])) };
}
