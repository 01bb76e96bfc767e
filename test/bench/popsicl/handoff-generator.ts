/**
 * Handoffs on the control path alone, against one controller, from a process of its own.
 *
 *     node handoff-generator.js PORT KIND SECONDS PID [RATE]
 *
 * KIND: `cookie` (a ClientHello in one segment), `cookie-2` (in two, as today's browsers send it) or `address`. Without
 * RATE as many as the controller takes; with it so many a second, and the time that each takes. Prints one JSON object.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Punt } from '../../../apps/popsicl/pipeline.js';
import { cookieOf, ownerNumber } from '../../../controller/switch/index.js';
import { cpuSecondsOf } from '../../../mininet/report/process-usage.js';
import { HandoffSwitch } from './handoff-switch.js';

export interface HandoffRun {
  handoffs: number;
  seconds: number;
  perSecond: number;
  /** Per CPU second of the controller, all threads. */
  perCpuSecond: number;
  /** CPU of the generator as a share of one core. */
  generatorShare: number;
  /** Answers that were none, and handoffs that never came. */
  wrong: number;
  lost: number;
  /** Milliseconds; with a rate only. */
  p50?: number;
  p99?: number;
}

const SAMPLES = new URL('../../../../test/property/packet/clienthello/', import.meta.url);
const FIRST_SEGMENT = 1448;
const WINDOW = 256;
const WARM_UP = 1500;
const [port, kind, seconds, pid, rate] = process.argv.slice(2);

const hello = readFileSync(new URL(kind === 'cookie-2' ? 'chromium-125.bin' : 'openssl-1.bin', SAMPLES));
const owner = ownerNumber('popsicl');
const latencies: number[] = [];
const sw = new HandoffSwitch(Number(port), {
  datapathId: 1,
  ports: 4,
  destination: kind === 'address' ? 0xc6336408 : 0xc6336406,
  segments:
    kind === 'address'
      ? []
      : kind === 'cookie-2'
        ? [hello.subarray(0, FIRST_SEGMENT), hello.subarray(FIRST_SEGMENT)]
        : [hello],
  cookies: { syn: cookieOf(owner, Punt.SYN), segment: cookieOf(owner, Punt.SEGMENT) },
  window: rate === undefined ? WINDOW : 4096,
  ...(rate === undefined ? {} : { onLatency: (time: number) => latencies.push(time) }),
});

try {
  for (let waited = 0; !sw.ready; waited += 20) {
    if (sw.closed || waited > 10_000) throw new Error('the controller does not take the switch');
    await sleep(20);
  }
  await sleep(200);
  await load(WARM_UP);
  await drain();
  latencies.length = 0;
  const [cpu, own, before, began] = [
    cpuSecondsOf(Number(pid)),
    process.cpuUsage(),
    { ...sw.counters },
    performance.now(),
  ];
  await load(Number(seconds) * 1000);
  const elapsed = (performance.now() - began) / 1000;
  const handoffs = sw.counters.handedOff - before.handedOff;
  const used = cpuSecondsOf(Number(pid)) - cpu;
  const mine = process.cpuUsage(own);
  await drain();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))]! / 1e6;
  const result: HandoffRun = {
    handoffs,
    seconds: elapsed,
    perSecond: handoffs / elapsed,
    perCpuSecond: handoffs / used,
    generatorShare: (mine.user + mine.system) / 1e6 / elapsed,
    wrong: sw.counters.wrong,
    lost: sw.outstanding,
    ...(rate === undefined ? {} : { p50: at(0.5), p99: at(0.99) }),
  };
  console.log(JSON.stringify(result));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
sw.close();

async function load(milliseconds: number): Promise<void> {
  if (rate === undefined) {
    sw.run();
    await sleep(milliseconds);
    sw.stop();
    return;
  }
  const began = performance.now();
  let started = 0;
  for (let now = 0; now < milliseconds; now = performance.now() - began) {
    const due = Math.floor((now * Number(rate)) / 1000);
    sw.start(due - started);
    started = due;
    await sleep(1);
  }
}

async function drain(): Promise<void> {
  for (let waited = 0; waited < 3000 && sw.outstanding > 0; waited += 20) await sleep(20);
}
