/** The load generator of `load.c`: its options, and what it prints. */

export interface LoadOptions {
  /** `ADDRESS:PORT`. */
  to: string;
  /** Server name in the ClientHello. */
  name: string;
  /** First of `sources` local addresses, used in turn. */
  from?: string;
  sources?: number;
  /** The first of the local ports, counted from 1 up; the kernel chooses when absent. */
  port?: number;
  /** Closed loop of so many, one when absent. */
  connections?: number;
  /** Open loop of so many a second. */
  rate?: number;
  count?: number;
  seconds?: number;
  authority?: string;
  certificate?: string;
  key?: string;
  path?: string;
  /** File whose bytes stand for TLS. */
  hello?: string;
}

export interface LoadResult {
  completed: number;
  failed: number;
  bytes: number;
  seconds: number;
  perSecond: number;
  /** Milliseconds from the first SYN, or from when it was due, to the end of the answer. */
  p50: number;
  p99: number;
}

export function loadWords(options: LoadOptions): string[] {
  return Object.entries(options).map(([name, value]) => `${name}=${value}`);
}

export function readLoad(text: string): LoadResult {
  const { microseconds, completed, failed, bytes, seconds } = JSON.parse(text) as {
    completed: number;
    failed: number;
    bytes: number;
    seconds: number;
    microseconds: number[];
  };
  microseconds.sort((a, b) => a - b);
  const at = (share: number) =>
    (microseconds[Math.floor(share * (microseconds.length - 1))] ?? Number.NaN) / 1000;
  return {
    ...{ completed, failed, bytes, seconds },
    ...{ perSecond: completed / seconds, p50: at(0.5), p99: at(0.99) },
  };
}
