import { type Target, TargetList } from '../report/section.js';
import type { PopsiclBenchmark } from './benchmark.js';
import type { Way } from './cloud-under-test.js';
import type { Kind } from './control-path.js';
import type { DownloadFigures } from './downloads.js';
import { ROUND_TRIP } from './ways.js';

const MEGABYTE = 1_000_000;

/** What each kind of download is called, here and above its figures. */
export const DOWNLOAD = {
  distant: `download of 10 MiB at ${ROUND_TRIP} ms round trip`,
  packets: 'download of 10 MiB without delay, the switch busy from end to end',
  segments: 'download of 10 MiB without delay',
};

/** Every target whose part was measured. */
export function popsiclTargets(result: PopsiclBenchmark): Target[] {
  const { ways, added, controlPath, flood, connections, pseudonyms } = result;
  const list = new TargetList();
  const of = <Each extends { way: string }>(figures: readonly Each[] | undefined, way: Way) =>
    figures?.find(each => each.way === way);
  const against = 'against HTTPS with client certificate';
  const rate = of(ways?.rate, 'cookie');
  list.add(`accesses per second, \`cookie\` ${against}`, 'at least', 0.95, rate?.ratio?.median, 'x');
  list.add(`p99 of them, ${against}`, 'at most', 1.1, rate?.p99Ratio?.median, 'x');
  list.add(
    `one access at 20 ms round trip, ${against}`,
    'at most',
    1.05,
    of(ways?.distance, 'cookie')?.ratio?.median,
    'x',
  );
  const download = (where: keyof typeof DOWNLOAD, figures: readonly DownloadFigures[] | undefined) =>
    list.add(`${DOWNLOAD[where]}, ${against}`, 'at least', 0.97, of(figures, 'cookie')?.ratio?.median, 'x');
  download('distant', ways?.distantDownload?.download);
  download(result.offload ? 'segments' : 'packets', ways?.download);
  const control = (kind: Kind) => controlPath?.figures.find(each => each.kind === kind);
  list.add(
    'handoffs per second on one core, `cookie`',
    'at least',
    12_000,
    control('cookie')?.perSecond.median,
    '',
  );
  list.add(
    'handoffs per second on one core, `address`',
    'at least',
    25_000,
    control('address')?.perSecond.median,
    '',
  );
  list.add(
    'p99 of a handoff in the controller at 1,000 a second',
    'at most',
    3,
    control('cookie')?.p99.median,
    'ms',
  );
  list.add(
    'p99 that a handoff adds at 1,000 a second, through Open vSwitch',
    'at most',
    3,
    added?.figures.find(each => each.way === 'cookie')?.addedP99?.median,
    'ms',
  );
  for (const { keptAs, ratio } of connections?.figures ?? []) {
    const as = keptAs === 'conntrack' ? 'conntrack entries' : 'rules';
    list.add(
      `one access beside ${connections!.connections.toLocaleString('en')} connections as ${as}`,
      'at most',
      1.2,
      ratio,
      'x',
    );
  }
  const lost = flood?.figures.reduce((sum, { failed }) => sum + failed, 0);
  list.add('legitimate accesses that fail under SYN floods', 'at most', 0, lost, '');
  const growth = flood && Math.max(...flood.figures.map(each => each.memoryAfter - each.memoryBefore));
  list.add('growth of the controller by SYN floods', 'at most', 32, growth && growth / MEGABYTE, 'MB');
  const module = pseudonyms?.find(({ server }) => server !== 'Node');
  list.add('memory of the server with all pseudonyms', 'at most', 64, module?.memoryAfter, 'MiB');
  return list.targets;
}
