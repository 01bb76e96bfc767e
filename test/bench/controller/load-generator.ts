/**
 * OpenFlow 1.3 load for one controller, in a process of its own.
 *
 *     node load-generator.js --port N [--host A] [--switches 16] [--ports 8] [--window 256]
 *                            [--seconds 3] [--pid CONTROLLER] [--latency]
 *
 * Connects the switches, teaches the controller one host a port, then measures: throughput with `window`
 * PACKET_INs outstanding a switch, or with `--latency` one outstanding on one switch. Prints one JSON object.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cpuSecondsOf, residentBytesOf } from '../../../mininet/report/process-usage.js';
import { EmulatedSwitch, type SwitchCounters } from './emulated-switch.js';

export interface LoadResult {
  switches: number;
  window: number;
  seconds: number;
  sent: number;
  answered: number;
  misdirected: number;
  /** Answered more than once. */
  repeated: number;
  flowMods: number;
  errors: number;
  /** Never answered, though the controller had the time. */
  lost: number;
  /** CPU seconds of the controller's process, all threads. */
  cpuSeconds: number | undefined;
  /** CPU seconds of the generator itself: near `seconds`, the generator may be what limits. */
  generatorCpuSeconds: number;
  answersPerSecond: number;
  answersPerCpuSecond: number | undefined;
  residentBytes: number | undefined;
  latencyMicroseconds: { p50: number; p90: number; p99: number } | undefined;
}

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string' },
    switches: { type: 'string', default: '16' },
    ports: { type: 'string', default: '8' },
    window: { type: 'string', default: '256' },
    seconds: { type: 'string', default: '3' },
    pid: { type: 'string' },
    latency: { type: 'boolean', default: false },
  },
});
const switchCount = values.latency ? 1 : Number(values.switches);
const window = values.latency ? 1 : Number(values.window);
const pid = values.pid === undefined ? undefined : Number(values.pid);
const latencies: number[] = [];
/** Milliseconds that a controller gets for what is outstanding at the end. */
const DRAIN = 10_000;

const switches = Array.from(
  { length: switchCount },
  (_, index) =>
    new EmulatedSwitch(values.host, Number(values.port), {
      datapathId: index + 1,
      ports: Number(values.ports),
      window,
      ...(values.latency ? { onLatency: (time: number) => latencies.push(time) } : {}),
    }),
);

try {
  await until('the handshakes', 20_000, () => switches.every(each => each.ready));
  await until('the controller to know every host', 30_000, () => {
    for (const each of switches) if (!each.taught) each.teach();
    return switches.every(each => each.taught);
  });
  await warmUp();
  console.log(JSON.stringify(await measure()));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
for (const each of switches) each.close();

/** One second of load that is not counted: the controller's compiler and buffers settle. */
async function warmUp(): Promise<void> {
  for (const each of switches) each.start();
  await sleep(1000);
  await stopAll();
  latencies.length = 0;
}

/** The PACKET_INs that are never answered. */
async function stopAll(): Promise<number> {
  for (const each of switches) each.stop();
  const outstanding = () => switches.reduce((total, each) => total + each.outstanding, 0);
  for (let wait = 0; wait < DRAIN && outstanding() > 0; wait += 20) await sleep(20);
  return outstanding();
}

async function measure(): Promise<LoadResult> {
  const cpuBefore = pid === undefined ? undefined : cpuSecondsOf(pid);
  const ownBefore = process.cpuUsage();
  const begin = process.hrtime.bigint();
  for (const each of switches) each.start();
  await sleep(Number(values.seconds) * 1000);
  const counted = sum(switches.map(each => each.counters));
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  const own = process.cpuUsage(ownBefore);
  const cpuAfter = pid === undefined ? undefined : cpuSecondsOf(pid);
  const lost = await stopAll();
  const late = sum(switches.map(each => each.counters));
  const cpu = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
  return {
    switches: switchCount,
    window,
    seconds,
    ...counted,
    misdirected: late.misdirected,
    repeated: late.repeated,
    errors: late.errors,
    lost,
    cpuSeconds: cpu,
    generatorCpuSeconds: (own.user + own.system) / 1e6,
    answersPerSecond: counted.answered / seconds,
    answersPerCpuSecond: cpu === undefined || cpu === 0 ? undefined : counted.answered / cpu,
    residentBytes: pid === undefined ? undefined : residentBytesOf(pid),
    latencyMicroseconds: values.latency ? percentiles() : undefined,
  };
}

function sum(all: SwitchCounters[]): SwitchCounters {
  const total: SwitchCounters = { sent: 0, answered: 0, misdirected: 0, repeated: 0, flowMods: 0, errors: 0 };
  for (const each of all) {
    for (const key of Object.keys(total) as (keyof SwitchCounters)[]) total[key] += each[key];
  }
  return total;
}

function percentiles(): { p50: number; p90: number; p99: number } {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN) / 1000;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

async function until(what: string, limit: number, condition: () => boolean): Promise<void> {
  const end = Date.now() + limit;
  while (!condition()) {
    if (switches.some(each => each.closed))
      throw new Error(`the controller closed a connection before ${what}`);
    if (Date.now() > end) throw new Error(`waited ${limit} ms for ${what}`);
    await sleep(100);
  }
}
