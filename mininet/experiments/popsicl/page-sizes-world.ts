import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spread } from '../../report/statistics.js';
import type { PageContent } from '../../traffic/page-content.js';
import { classify } from '../classifier.js';
import type { RunContext, World } from '../experiment.js';
import { syntheticSites } from '../mimiq/synthetic-sites.js';
import { TRACE_HEADER, traceLines } from '../mimiq/traces.js';
import { type BrowserAccess, BrowserCloud } from './browser-cloud.js';
import { tcpSegments } from './tcp-segments.js';

const SNAPSHOT = 96;
const OBJECTS = 12;
/** Of a trace that counts. */
const MINIMUM = 5;
/** Flows of a page; each load is one. */
const MOST = 1000;

export async function openPageSizes(context: RunContext): Promise<World> {
  const { parameters, scratch, signal, conditions, progress } = context;
  const { pages: count, seed, rtt, folds, ladder } = parameters.settings;
  const pages = syntheticPages(count!, seed!);
  const traces = join(context.artefacts(), 'traces');
  mkdirSync(traces, { recursive: true });
  const site = await BrowserCloud.start(pages, {
    ...{ delay: `${rtt! / 2}ms`, ladder: ladder!, scratch, signal },
  });
  const names = Object.keys(pages);
  try {
    for (const access of parameters.axes.access!) await site.visit(access as BrowserAccess, names[0]!);
  } catch (error) {
    await site.close();
    throw error;
  }
  const fileOf = (access: unknown, repetition: number) => join(traces, `${access}-${repetition}.csv`);
  return {
    async measure({ access }, repetition) {
      const filter = `tcp port 443 and host ${site.targets[access as Exclude<BrowserAccess, 'tor'>].address}`;
      const latencies: number[] = [];
      const bytes: number[] = [];
      let lines = TRACE_HEADER;
      for (const name of names) {
        await using capture = await site.cloud.client().capture({ filter, snapshotLength: SNAPSHOT });
        const [report] = await site.visit(access as BrowserAccess, name);
        const packets = tcpSegments(readFileSync((await capture.stop()).file));
        latencies.push(report!.milliseconds);
        bytes.push(packets.reduce((sum, { size }) => sum + Math.abs(size), 0));
        lines += traceLines(name, String(repetition), [{ packets }]);
      }
      const file = fileOf(access, repetition);
      writeFileSync(`${file}.part`, lines);
      renameSync(`${file}.part`, file);
      return { latency: spread(latencies).median, bytes: spread(bytes).median / 1000 };
    },
    async conclude(samples) {
      progress('classifying');
      const files = conditions.map(({ access }) => {
        const all = samples.of({ access: access! });
        const bodies = all.map(({ repetition }) => readFileSync(fileOf(access, repetition), 'utf8'));
        const file = join(traces, `${access}.csv`);
        writeFileSync(file, TRACE_HEADER + bodies.map(text => text.slice(TRACE_HEADER.length)).join(''));
        return file;
      });
      return classify(files, { folds: folds!, minimum: MINIMUM, most: MOST, signal });
    },
    close: () => site.close(),
  };
}

function syntheticPages(count: number, seed: number): Record<string, PageContent> {
  return Object.fromEntries(
    syntheticSites(count, seed).map(({ name, files }) => {
      const [page, ...objects] = [...files];
      const own = objects.slice(-OBJECTS).map(([path, bytes]) => [path.slice(name.length + 1), bytes]);
      return [name, { bytes: page![1], objects: Object.fromEntries(own) }];
    }),
  );
}
