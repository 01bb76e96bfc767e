import type { Seen } from '../../traffic/quic-observer.js';

/** What an observer takes for one client: packets of one address and port. */
export interface Flow {
  /** Seconds from its first packet, and bytes of UDP payload: positive from the client, negative to it. */
  packets: { at: number; size: number }[];
}

/** The flows of one page load, in the order in which they begin. Only what was seen from `began` to `ended` (microseconds) counts. */
export function flowsOf(seen: readonly Seen[], began: number, ended: number): Flow[] {
  const flows = new Map<string, Seen[]>();
  for (const one of seen) {
    if (one.at < began || one.at > ended) continue;
    const key = `${one.client} ${one.clientPort}`;
    flows.set(key, [...(flows.get(key) ?? []), one]);
  }
  return [...flows.values()].map(own => ({
    packets: own.map(({ at, fromClient, length }) => ({
      at: (at - own[0]!.at) / 1e6,
      size: fromClient ? length : -length,
    })),
  }));
}

/** Each flow cut after so many packets, as migration there would cut it. */
export function split(flows: readonly Flow[], after: number): Flow[] {
  return flows.flatMap(({ packets }) => {
    const pieces: Flow[] = [];
    for (let start = 0; start < packets.length; start += after) {
      const first = packets[start]!.at;
      const piece = packets.slice(start, start + after);
      pieces.push({ packets: piece.map(({ at, size }) => ({ at: at - first, size })) });
    }
    return pieces;
  });
}

/** Header of the common form: one line a packet. */
export const TRACE_HEADER = 'site,load,flow,time,size\n';

export function traceLines(site: string, load: string, flows: readonly Flow[]): string {
  return flows
    .flatMap(({ packets }, flow) =>
      packets.map(({ at, size }) => `${site},${load},${flow},${at.toFixed(6)},${size}\n`),
    )
    .join('');
}
