/** Legitimate accesses while SYNs come from forged addresses, and what that costs the controller. */
import { residentBytesOf } from '../../../mininet/report/process-usage.js';
import { type CloudUnderTest, OBJECTS } from './cloud-under-test.js';

export interface SynFloodFigures {
  /** SYNs a second that were to be sent, and that were. */
  asked: number;
  sent: number;
  /** Legitimate accesses: whole and right, and not within 20 s. */
  completed: number;
  failed: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Resident memory of the controller before and after, in bytes. */
  memoryBefore: number;
  memoryAfter: number;
}

export interface SynFlood {
  seconds: number;
  /** Legitimate accesses a second. */
  rate: number;
  figures: SynFloodFigures[];
}

/** None; below what the meter of the flows lets pass; above it. */
const RATES = [0, 10_000, 50_000];
const LEGITIMATE = 50;

export async function measureSynFlood(
  cloud: CloudUnderTest,
  options: { seconds: number; progress: (text: string) => void },
): Promise<SynFlood> {
  const { seconds, progress } = options;
  const figures: SynFloodFigures[] = [];
  for (const asked of RATES) {
    progress(`${asked} SYNs a second`);
    figures.push(await measure(cloud, asked, seconds));
  }
  return { seconds, rate: LEGITIMATE, figures };
}

async function measure(cloud: CloudUnderTest, asked: number, seconds: number): Promise<SynFloodFigures> {
  const memoryBefore = residentBytesOf(cloud.controller.pid);
  const flood = asked > 0 ? await cloud.flood(asked) : undefined;
  const began = performance.now();
  await flood?.printed(/^sent [1-9]/m);
  try {
    const access = await cloud.visit('cookie', { path: OBJECTS.small, rate: LEGITIMATE, seconds });
    const elapsed = (performance.now() - began) / 1000;
    const last = /^sent (\d+)$/m.exec(flood?.stdout.trim().split('\n').at(-1) ?? '')?.[1];
    return {
      asked,
      sent: Number(last ?? 0) / elapsed,
      completed: access.completed,
      failed: access.failed,
      p50: access.p50,
      p99: access.p99,
      memoryBefore,
      memoryAfter: residentBytesOf(cloud.controller.pid),
    };
  } finally {
    await flood?.stop('SIGKILL');
  }
}
