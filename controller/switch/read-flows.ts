import { SHORT_LIVED } from './cookie.js';
import type { ActualFlow, RequestChannel } from './types.js';

type Asked = Pick<RequestChannel, 'request'>;

/** Flows that a switch is asked for at a time, about: it does nothing else while it puts them together. */
const PORTION = 131_072;
const MOST_PORTIONS = 1024;

export interface ReadFlowsOptions {
  /** Milliseconds for each part of an answer. */
  readonly timeout?: number;
  readonly visit: (flow: ActualFlow) => void;
}

/** Visits the flows whose cookies are `cookie` under `cookieMask`. Rejects like `Session.request`. */
export async function readFlows(
  channel: Asked,
  cookie: bigint,
  cookieMask: bigint,
  { visit, ...limits }: ReadFlowsOptions,
): Promise<void> {
  await channel.request(
    { type: 'multipart-request', body: { type: 'flow', cookie, cookieMask } },
    {
      ...limits,
      maxReplyBytes: Number.POSITIVE_INFINITY,
      onPart: ({ body }) => {
        if (body.type === 'flow') for (const flow of body.flows) visit(flow);
      },
    },
  );
}

/**
 * As `readFlows`, for short-lived flows, of which there may be millions: in portions by the lowest bits of their cookies, as
 * many as the number of flows asks for.
 */
export async function readShortLivedFlows(
  channel: Asked,
  cookie: bigint,
  cookieMask: bigint,
  options: ReadFlowsOptions,
): Promise<void> {
  const shortLived = { cookie: cookie | BigInt(SHORT_LIVED), cookieMask: cookieMask | BigInt(SHORT_LIVED) };
  const limits = options.timeout === undefined ? {} : { timeout: options.timeout };
  // A switch that does not count has few.
  const count = await channel
    .request({ type: 'multipart-request', body: { type: 'aggregate', ...shortLived } }, limits)
    .then(
      ({ body }) => body.flowCount,
      () => 0,
    );
  let portions = 1;
  while (portions * PORTION < count && portions < MOST_PORTIONS) portions *= 2;
  for (let portion = 0; portion < portions; portion++) {
    const [own, mask] = [BigInt(portion), BigInt(portions - 1)];
    await readFlows(channel, shortLived.cookie | own, shortLived.cookieMask | mask, options);
  }
}
