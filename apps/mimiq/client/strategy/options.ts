import { z } from 'zod';
import { ClientError } from '../client-error.js';
import type { Progress } from './progress.js';

export type StrategyOptions =
  | { readonly type: 'never' }
  | { readonly type: 'every'; readonly packets: number }
  /** Packets between two hops, drawn anew for each. */
  | { readonly type: 'random'; readonly min: number; readonly max: number }
  /** Milliseconds between two hops, drawn anew for each. */
  | { readonly type: 'time'; readonly min: number; readonly max: number }
  | { readonly type: 'once'; readonly after: number }
  | { readonly type: 'custom'; readonly due: (progress: Progress) => boolean };

const FORMS = 'never, every:PACKETS, random:MIN-MAX, time:MIN-MAX (milliseconds), once:PACKETS';

/**
 * Reads a strategy as configurations and command lines write it: `never`, `every:25`, `random:10-50`, `time:500-1500`,
 * `once:30`. Throws ClientError `bad-strategy`.
 */
export function parseStrategy(text: string): StrategyOptions {
  if (text === 'never') return { type: 'never' };
  const match = /^(every|random|time|once):([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?$/.exec(text);
  if (match === null) throw unknown(text);
  const [, type, first, second] = match;
  const min = Number(first);
  const max = second === undefined ? min : Number(second);
  if (max < min) throw unknown(text);
  if (type === 'random' || type === 'time') return { type, min, max };
  if (second !== undefined) throw unknown(text);
  return type === 'every' ? { type: 'every', packets: min } : { type: 'once', after: min };
}

function unknown(text: string): ClientError {
  return new ClientError('bad-strategy', `'${text}' is not a strategy`, { mend: `one of ${FORMS}` });
}

const strategyText = z.string().transform((text, context): StrategyOptions => {
  try {
    return parseStrategy(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `${(error as Error).message}: one of ${FORMS}` });
    return z.NEVER;
  }
});

/** Which strategy for which destination: the first rule whose host matches; `*.example` is a domain and all below it. */
export const strategyRules = z.strictObject({
  default: strategyText.default({ type: 'never' }).describe('for destinations that no rule names'),
  destinations: z
    .array(z.strictObject({ host: z.string().min(1), strategy: strategyText }))
    .default([])
    .describe('the first that matches counts'),
});

export interface StrategyRules {
  readonly default: StrategyOptions;
  readonly destinations: readonly { readonly host: string; readonly strategy: StrategyOptions }[];
}

export function strategyFor(host: string, rules: StrategyRules): StrategyOptions {
  const name = host.toLowerCase();
  const rule = rules.destinations.find(({ host: pattern }) => matches(name, pattern.toLowerCase()));
  return rule?.strategy ?? rules.default;
}

function matches(host: string, pattern: string): boolean {
  if (pattern === '*') return true;
  if (!pattern.startsWith('*.')) return host === pattern;
  return host === pattern.slice(2) || host.endsWith(pattern.slice(1));
}
