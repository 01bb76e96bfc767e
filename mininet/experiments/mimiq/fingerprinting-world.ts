import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spread } from '../../report/statistics.js';
import { readObserved } from '../../traffic/quic-observer.js';
import { type PageReport, QuicPages } from '../../traffic/quic-pages.js';
import { QuicServer } from '../../traffic/quic-server.js';
import { classify } from '../classifier.js';
import type { Condition, RunContext, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';
import { seededRandom, shuffled } from '../schedule.js';
import { MimiqNetwork, SERVER } from './mimiq-network.js';
import { type SyntheticSite, syntheticSites } from './synthetic-sites.js';
import { flowsOf, split, TRACE_HEADER, traceLines } from './traces.js';

/** Seconds that an address lasts. */
const LIFETIME = 30;
/** Milliseconds after which a page is given up; the requests that are open then count as failed. */
const PATIENCE = 20_000;
/** Milliseconds for what is in flight after a load, and bytes that are captured of a packet. */
const REST = 60;
const SNAPSHOT = 96;
const CLIENT = 'c1';

/** A load of every site, and what was captured meanwhile. */
interface Recording {
  reports: PageReport[];
  pcap: Buffer;
}

export async function openFingerprinting(context: RunContext): Promise<World> {
  const { parameters, scratch, signal, conditions, progress } = context;
  const { sites: count, seed, rtt, minimum, most, folds } = parameters.settings;
  const sites = syntheticSites(count!, seed!);
  const traces = join(context.artefacts(), 'traces');
  mkdirSync(traces, { recursive: true });
  const mimiq = await MimiqNetwork.start({
    switches: 1,
    clientsPerSwitch: 1,
    delay: `${rtt! / 2}ms`,
    lifetime: LIFETIME,
    folder: scratch,
    signal,
  });
  const server = new QuicServer(mimiq.network.host('server'), scratch, filesOf(sites), [SERVER[6]]);
  let pages: QuicPages;
  try {
    await server.start();
    pages = await QuicPages.start(mimiq.network.host(CLIENT), {
      addresses: { agent: await mimiq.startAgent(CLIENT) },
      remote: SERVER[6],
      authority: server.authority,
    });
  } catch (error) {
    await mimiq.close();
    throw error;
  }
  const fileOf = (strategy: string, repetition: number, end: string) =>
    join(traces, `${strategy.replace(':', '-')}-${repetition}.${end}`);

  async function loadAll(strategy: string, repetition: number): Promise<PageReport[]> {
    const random = seededRandom(repetition + 1);
    const reports: PageReport[] = [];
    for (const site of sites) {
      const [page, early, late] = site.waves;
      const waves = [page!, shuffled(early!, random), shuffled(late!, random)];
      const report = await pages.load({ strategy, waves, repeat: 1, patience: PATIENCE });
      server.check();
      if (report.bytes === 0)
        throw new ExperimentError(
          'measurement-failed',
          `nothing of ${site.name} came (${Object.keys(report.failed).join(', ')})`,
        );
      reports.push(report);
      await sleep(REST, undefined, { signal });
    }
    return reports;
  }

  /** Without migration, of one repetition: what is cut into pieces is recorded once. */
  let uncut: { repetition: number; recording: Recording } | undefined;

  async function record(strategy: string, repetition: number): Promise<Recording> {
    if (strategy === 'never' && uncut?.repetition === repetition) return uncut.recording;
    const link = mimiq.network.link('observer', 'server');
    await using capture = await link.capture({ node: 'observer', filter: 'udp', snapshotLength: SNAPSHOT });
    const reports = await loadAll(strategy, repetition);
    const recording = { reports, pcap: readFileSync((await capture.stop()).file) };
    if (strategy === 'never') uncut = { repetition, recording };
    return recording;
  }

  return {
    async measure({ strategy }, repetition) {
      const [, after] = /^split:(\d+)$/.exec(String(strategy)) ?? [];
      const { reports, pcap } = await record(after === undefined ? String(strategy) : 'never', repetition);
      const seen = readObserved(pcap);
      let lines = TRACE_HEADER;
      const loads = sites.map((site, index) => {
        const { began, milliseconds } = reports[index]!;
        const whole = flowsOf(seen, began, began + (milliseconds + REST / 2) * 1000);
        const flows = after === undefined ? whole : split(whole, Number(after));
        lines += traceLines(site.name, String(repetition), flows);
        const packets = flows.flatMap(flow => flow.packets);
        return { flows, bytes: packets.reduce((sum, { size }) => sum + Math.abs(size), 0) };
      });
      writeFileSync(fileOf(String(strategy), repetition, 'pcap'), pcap);
      // Whole or not at all: a run that goes on relies on it.
      const csv = fileOf(String(strategy), repetition, 'csv');
      writeFileSync(`${csv}.part`, lines);
      renameSync(`${csv}.part`, csv);
      const median = (values: number[]) => spread(values).median;
      return {
        flows: median(loads.map(({ flows }) => flows.length)),
        packets: median(loads.flatMap(({ flows }) => flows.map(({ packets }) => packets.length))),
        time: median(reports.map(({ milliseconds }) => milliseconds)),
        bytes: median(loads.map(({ bytes }) => bytes)) / 1000,
        failed: reports.flatMap(({ failed }) => Object.values(failed)).reduce((sum, one) => sum + one, 0),
      };
    },
    async conclude(samples) {
      progress('classifying');
      const files = conditions.map(condition => joined(condition, samples.of(condition).length));
      const whole = files[conditions.findIndex(({ strategy }) => strategy === 'never')];
      return classify(files, { folds: folds!, minimum: minimum!, most: most!, whole, signal });
    },
    async close() {
      await pages[Symbol.asyncDispose]();
      await server.stop();
      await mimiq.close();
    },
  };

  /** All repetitions of a condition in one file, beside the single ones. */
  function joined({ strategy }: Condition, repetitions: number): string {
    let text = TRACE_HEADER;
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const file = fileOf(String(strategy), repetition, 'csv');
      if (!existsSync(file))
        throw new ExperimentError('measurement-failed', `${file} is gone`, {
          mend: 'run it again with --fresh',
        });
      text += readFileSync(file, 'utf8').slice(TRACE_HEADER.length);
    }
    const whole = join(traces, `${String(strategy).replace(':', '-')}.csv`);
    writeFileSync(whole, text);
    return whole;
  }
}

function filesOf(sites: readonly SyntheticSite[]): Record<string, Uint8Array> {
  return Object.fromEntries(
    sites.flatMap(({ files }) => [...files].map(([path, bytes]) => [path, new Uint8Array(bytes)])),
  );
}
