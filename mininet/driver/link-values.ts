import { EmulationError } from './errors.js';

/** What a link does to frames, each direction by itself; 0 means that it does nothing of the kind. */
export interface LinkShape {
  /** One way, in nanoseconds. */
  delayNs: number;
  /** Bits a second on the wire. */
  rateBps: number;
  /** Frames in a million. */
  lossPpm: number;
  /** Bytes that may wait for their turn where the rate is bounded. */
  queueBytes: number;
}

/** The text of a topology file. */
export interface LinkShapeText {
  delay?: string | undefined;
  rate?: string | undefined;
  loss?: string | undefined;
  queue?: string | undefined;
}

const DELAY_UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const RATE_UNITS = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };
const QUEUE_UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2 };
const MAX_DELAY = '60s';
const MAX_RATE = '100gbit';
const MAX_QUEUE = '64MiB';

/** Nanoseconds of `10ms`, `1.5ms`, `250us`, `1s`; at most 60 s. @throws EmulationError `bad-link-value` */
export function parseDelay(text: string): number {
  return quantity('delay', text, DELAY_UNITS, MAX_DELAY, '10ms, 250us, 1s');
}

/** Bits a second of `100mbit`, `1gbit`, `64kbit`; at most 100 Gbit/s. @throws EmulationError `bad-link-value` */
export function parseRate(text: string): number {
  return quantity('rate', text, RATE_UNITS, MAX_RATE, '100mbit, 1gbit, 64kbit');
}

/** Frames in a million of `1%`, `0.01%`, `100%`. @throws EmulationError `bad-link-value` */
export function parseLoss(text: string): number {
  return quantity('loss', text, { '%': 1e4 }, '100%', '0%, 0.5%, 100%');
}

/** Bytes of `64KiB`, `1MiB`, `1500B`; at most 64 MiB. @throws EmulationError `bad-link-value` */
export function parseQueue(text: string): number {
  return quantity('queue', text, QUEUE_UNITS, MAX_QUEUE, '64KiB, 1MiB, 15000B');
}

/** A queue of 50 ms at the rate, and of twenty full frames at least, where none is given. */
export function parseShape(text: LinkShapeText): LinkShape {
  const rateBps = parseRate(text.rate ?? '0bit');
  return {
    delayNs: parseDelay(text.delay ?? '0ms'),
    rateBps,
    lossPpm: parseLoss(text.loss ?? '0%'),
    queueBytes:
      text.queue === undefined
        ? Math.min(Math.max(30_000, Math.round(rateBps / 160)), 64 << 20)
        : parseQueue(text.queue),
  };
}

function quantity(
  what: string,
  text: string,
  units: Record<string, number>,
  max: string,
  examples: string,
): number {
  const value = units && amount(text, units);
  if (value === undefined)
    throw new EmulationError('bad-link-value', `${what} '${text}' is not understood`, {
      mend: `write for example ${examples}`,
    });
  if (value > amount(max, units)!)
    throw new EmulationError('bad-link-value', `${what} ${text} is more than ${max}`);
  return value;
}

function amount(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-zA-Z%]+)$/.exec(text);
  const unit = match === null || !Object.hasOwn(units, match[2]!) ? undefined : units[match[2]!];
  return unit === undefined ? undefined : Math.round(Number(match![1]) * unit);
}
