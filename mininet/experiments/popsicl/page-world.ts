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

export async function openPages({ parameters, scratch, signal }: RunContext): Promise<World> {
  const { rtt, parallel } = parameters.settings;
  const site = await BrowserCloud.start({ page: PAGE }, { delay: `${rtt! / 2}ms`, scratch, signal });
  try {
    for (const access of parameters.axes.access!) await site.visit(access as BrowserAccess, 'page');
  } catch (error) {
    await site.close();
    throw error;
  }
  return {
    async measure({ access }) {
      const [alone] = await site.visit(access as BrowserAccess, 'page');
      const together = await site.visit(access as BrowserAccess, 'page', parallel);
      const slowest = Math.max(...together.map(({ milliseconds }) => milliseconds));
      return { latency: alone!.milliseconds, throughput: (1000 * parallel!) / slowest };
    },
    close: () => site.close(),
  };
}
