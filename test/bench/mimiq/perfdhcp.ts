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

/** `base`: first of the clients' MAC addresses. */
export function perfdhcpArguments(rate: number, seconds: number, server: string, base: string): string[] {
  const load = ['-r', `${rate}`, '-p', `${seconds}`, '-R', '60000', '-b', `mac=${base}`];
  return ['perfdhcp', '-4', ...load, '-W', '500000', '-g', 'single', server];
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
