/** One run of perfdhcp (Debian's kea-admin) at a fixed rate. */
export interface ExchangeRate {
  /** Four-way exchanges a second. */
  offered: number;
  completed: number;
  /** Share of messages without an answer. */
  lost: number;
  /** Milliseconds from DISCOVER to OFFER, and from REQUEST to ACK, on average. */
  offerDelay: number;
  acknowledgeDelay: number;
}

/** `base`: first of the clients' MAC addresses. */
export function perfdhcpArguments(rate: number, seconds: number, server: string, base: string): string[] {
  const load = ['-r', `${rate}`, '-p', `${seconds}`, '-R', '60000', '-b', `mac=${base}`];
  return ['perfdhcp', '-4', ...load, '-W', '500000', '-g', 'single', server];
}

/** Reads what perfdhcp prints at its end. */
export function readReport(text: string, offered: number): ExchangeRate {
  const completed = Number(/Rate: ([\d.]+) 4-way/.exec(text)?.[1] ?? 0);
  const numbers = (name: string) =>
    [...text.matchAll(new RegExp(`${name}: ([\\d.]+)`, 'g'))].map(([, value]) => Number(value));
  const sent = numbers('sent packets').reduce((sum, value) => sum + value, 0);
  const drops = numbers('drops').reduce((sum, value) => sum + value, 0);
  const [offerDelay = Number.NaN, acknowledgeDelay = Number.NaN] = numbers('avg delay');
  return { offered, completed, lost: sent === 0 ? 1 : drops / sent, offerDelay, acknowledgeDelay };
}
