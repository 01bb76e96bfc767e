import { spread } from '../../report/statistics.js';
import type { PageContent } from '../../traffic/page-content.js';
import type { RunContext, World } from '../experiment.js';
import { type BrowserAccess, BrowserCloud } from './browser-cloud.js';

const KIB = 1024;
/** KiB of thirteen objects, 474.3 in all. */
const OBJECTS: Record<string, number> = {
  'style0.css': 18.2,
  'style1.css': 9.4,
  'script0.js': 84.5,
  'script1.js': 32.6,
  'script2.js': 12.1,
  'image0.png': 96,
  'image1.png': 71.3,
  'image2.png': 48.7,
  'image3.png': 39,
  'image4.png': 27.4,
  'image5.png': 18.9,
  'image6.png': 11.2,
  'image7.png': 5,
};
const PAGE: PageContent = {
  bytes: 6 * KIB,
  objects: Object.fromEntries(Object.entries(OBJECTS).map(([name, size]) => [name, Math.round(size * KIB)])),
};

export async function openPages({ parameters, scratch, signal, progress }: RunContext): Promise<World> {
  const accesses = parameters.axes.access as readonly BrowserAccess[];
  const tor = accesses.includes('tor');
  progress(tor ? 'starting a cloud, a browser and a Tor network' : 'starting a cloud and a browser');
  const delay = `${parameters.settings.rtt! / 2}ms`;
  const site = await BrowserCloud.start({ page: PAGE }, { delay, tor, scratch, signal });
  try {
    for (const access of accesses) await site.visit(access, 'page');
  } catch (error) {
    await site.close();
    throw error;
  }
  return {
    async measure({ access, parallel }) {
      const reports = await site.visit(access as BrowserAccess, 'page', Number(parallel));
      const times = reports.map(({ milliseconds }) => milliseconds);
      return { latency: spread(times).median, throughput: (1000 * times.length) / Math.max(...times) };
    },
    close: () => site.close(),
  };
}
