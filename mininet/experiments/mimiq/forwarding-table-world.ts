import { setTimeout as sleep } from 'node:timers/promises';
import { decodeAnswer, encodeRequest } from '../../../apps/mimiq/protocol/codec.js';
import { until } from '../../driver/index.js';
import { residentBytesOf } from '../../report/process-usage.js';
import type { RunContext, Values, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';
import { vswitchdOf } from '../vswitchd-of.js';
import { MimiqNetwork, switchIdOf } from './mimiq-network.js';

const OUTSTANDING = 512;
/** Clients between two lines of progress. */
const NOTED = 50_000;
/** How often a client asks, and milliseconds between. */
const TRIES = 200;
const AGAIN = 2000;
const FAMILIES = { naive: 4, alias: 6 } as const;
/** Rules that may stay at client-facing switches when their clients are gone: those of aliases. */
const KEPT = 1000;
/** Entries from which on memory for each tells something. */
const LEAST_TELLING = 10_000;

interface Client {
  readonly attachment: { switchId: string; port: number; mac: number };
  readonly address: Uint8Array;
}

export async function open({ parameters, scratch, signal, progress }: RunContext): Promise<World> {
  const switches = parameters.settings.switches!;
  const mimiq = await MimiqNetwork.start({ switches, clientsPerSwitch: 0, folder: scratch, signal });
  const edge = mimiq.network.switch('edge');
  const vswitchd = vswitchdOf(edge);
  const empty = residentBytesOf(vswitchd);
  let largest = 0;
  let lastMac = 0x0200_0000_0000;
  let lastRequest = 0;

  const ask = async (client: Client['attachment'], request: object) => {
    const requestId = Buffer.alloc(8);
    requestId.writeUInt32BE(++lastRequest);
    const source = { address: new Uint8Array(16), port: 1 };
    const answer = await mimiq.allocation.requests.udp(
      encodeRequest({ requestId, ...request }),
      client,
      source,
    );
    return decodeAnswer(answer ?? new Uint8Array());
  };
  const newClient = async (family: 4 | 6, place: number): Promise<Client> => {
    const attachment = { switchId: switchIdOf(place % switches), port: 1, mac: ++lastMac };
    for (let turn = 1; ; turn++) {
      const answer = await ask(attachment, { allocate: { family, count: 1 } });
      const [grant] = answer?.granted?.grants ?? [];
      if (grant !== undefined) return { attachment, address: grant.address };
      const code = answer?.refused?.code ?? 'no answer';
      if (turn === TRIES)
        throw new ExperimentError('measurement-failed', `the allocator refused client ${place}: ${code}`);
      // As clients do; switches that have thousands of rules to change may be late.
      await sleep(AGAIN, undefined, { signal });
    }
  };
  const tunnel = [...mimiq.controller.connected.values()]
    .flatMap(sw => (sw.id === edge.datapathId ? [...sw.ports.values()] : []))
    .find(({ name }) => name === 'mimiq')!.portNo;
  /** What leads through the tunnel. */
  const entries = async (family: 4 | 6) => {
    const match = `${family === 4 ? 'ip' : 'ipv6'},out_port=${tunnel}`;
    return Number(/flow_count=(\d+)/.exec(await edge.ofctl('dump-aggregate', match))![1]);
  };

  const told = (what: string) => (done: number, count: number) =>
    progress(`${done.toLocaleString('en')} of ${count.toLocaleString('en')} ${what}`);

  /** Rules of all client-facing switches, of whatever kind. */
  const accessRules = async () => {
    const all = mimiq.accesses.map(name => mimiq.network.switch(name).ofctl('dump-aggregate'));
    return (await Promise.all(all)).reduce((sum, text) => sum + Number(/flow_count=(\d+)/.exec(text)![1]), 0);
  };

  return {
    async measure({ encoding, clients }): Promise<Values> {
      const family = FAMILIES[encoding as keyof typeof FAMILIES];
      const count = clients as number;
      const before = await entries(family);
      const rulesBefore = await accessRules();
      const began = performance.now();
      const all = await inParallel(count, { signal, note: told('addresses given out') }, place =>
        newClient(family, place),
      );
      const seconds = (performance.now() - began) / 1000;
      const after = await entries(family);
      const bytes = residentBytesOf(vswitchd) - empty;
      await inParallel(all.length, { signal, note: told('addresses given back') }, async place => {
        const { attachment, address } = all[place]!;
        await ask(attachment, { release: { addresses: [address] } });
      });
      // What is left to be removed would delay the next clients.
      const areGone = async () =>
        (family === 6 || (await entries(4)) === before) && (await accessRules()) <= rulesBefore + KEPT;
      await until('the end of the leases', areGone, { signal, interval: 500, timeout: 1_200_000 });
      const more = after - before;
      const isLargest = more >= LEAST_TELLING && more > largest;
      largest = Math.max(largest, more);
      return {
        entries: family === 4 ? more : after,
        rate: count / seconds,
        // A table that is smaller than an earlier one lies in memory that the process has already.
        ...(isLargest ? { edgeBytes: bytes / more } : {}),
      };
    },
    close: () => mimiq.close(),
  };
}

/** Runs `work` for 0 … count - 1, some at one time. `note` hears now and then how many were begun. */
async function inParallel<T>(
  count: number,
  { signal, note }: { signal: AbortSignal; note: (begun: number, count: number) => void },
  work: (place: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      signal.throwIfAborted();
      const place = next++;
      if (place > 0 && place % NOTED === 0) note(place, count);
      results[place] = await work(place);
    }
  };
  await Promise.all(Array.from({ length: Math.min(OUTSTANDING, count) }, worker));
  return results;
}
