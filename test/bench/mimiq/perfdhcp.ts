/** One run of perfdhcp (Debian's kea-admin) at a fixed rate. */
export interface ExchangeRate {
  /** Four-way exchanges a second. */
  offered: number;
  /** Acknowledged ones. */
  completed: number;
  /** Share of messages without an answer. */
  lost: number;
  /** Milliseconds from DISCOVER to OFFER, and from REQUEST to ACK, on average. */
  offerDelay: number;
  acknowledgeDelay: number;
  /** CPU seconds of the server, all threads, for one acknowledged exchange. */
  cpuSeconds: number;
}

/** Of the server, and of perfdhcp, which plays a relay. */
export const SERVER = '10.200.0.1';
export const CLIENT = '10.200.0.2';
/** Where the relay's address is in a message. */
export const RELAY_OFFSET = 24;

/** `base`: first of the clients' MAC addresses; `port` of perfdhcp, its own choice when absent. */
export function perfdhcpArguments(rate: number, seconds: number, base: string, port?: number): string[] {
  const load = ['-r', `${rate}`, '-p', `${seconds}`, '-R', '60000', '-b', `mac=${base}`];
  const from = port === undefined ? [] : ['-L', `${port}`];
  return ['perfdhcp', '-4', ...load, ...from, '-W', '500000', '-g', 'single', SERVER];
}

/** Reads what perfdhcp prints at its end; `cpuSeconds` are all that the server used meanwhile. */
export function readReport(
  text: string,
  { offered, seconds, cpuSeconds }: { offered: number; seconds: number; cpuSeconds: number },
): ExchangeRate {
  const numbers = (name: string) =>
    [...text.matchAll(new RegExp(`${name}: ([\\d.]+)`, 'g'))].map(([, value]) => Number(value));
  const total = (name: string) => numbers(name).reduce((sum, value) => sum + value, 0);
  const [, acknowledged = 0] = numbers('received packets');
  const [offerDelay = Number.NaN, acknowledgeDelay = Number.NaN] = numbers('avg delay');
  const sent = total('sent packets');
  return {
    offered,
    completed: acknowledged / seconds,
    lost: sent === 0 ? 1 : total('drops') / sent,
    offerDelay,
    acknowledgeDelay,
    cpuSeconds: cpuSeconds / acknowledged,
  };
}
