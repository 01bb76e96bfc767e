import { figure, spreadText } from '../../../mininet/report/figures.js';
import type { Spread } from '../../../mininet/report/statistics.js';
import { type Section, targetSection } from '../report/section.js';
import type { AddedLatency } from './added-latency.js';
import type { PopsiclBenchmark } from './benchmark.js';
import { WAYS, type Way } from './cloud-under-test.js';
import { type ControlPath, KINDS, PACED } from './control-path.js';
import type { DownloadFigures, Downloads } from './downloads.js';
import type { ManyConnections } from './many-connections.js';
import type { ServerFigures } from './many-pseudonyms.js';
import type { SynFlood } from './syn-flood.js';
import { DOWNLOAD, popsiclTargets } from './targets.js';
import { CLIENTS, ROUND_TRIP, type Ways } from './ways.js';

const MEGABYTE = 1_000_000;
const PLAIN_WAYS = { direct: 'direct', cookie: '`cookie`', address: '`address`' };

/** The whole report, from the figures alone. */
export function popsiclSections(result: PopsiclBenchmark): Section[] {
  const { ways, added, controlPath, flood, connections, pseudonyms } = result;
  return [
    targetSection('What PoPSiCl should reach, and what it reached in this run.', popsiclTargets(result)),
    ...(ways ? [rate(ways), distance(ways), ...downloadSections(ways, result.offload === true)] : []),
    ...(controlPath ? [control(controlPath)] : []),
    ...(added ? [addedLatency(added)] : []),
    ...(connections ? [manyConnections(connections)] : []),
    ...(flood ? [synFlood(flood)] : []),
    ...(pseudonyms ? [manyPseudonyms(pseudonyms)] : []),
  ];
}

const SEGMENTED =
  'Packets of 1,500 bytes keep the one thread of Open vSwitch busy from end to end, in every way, so that what it spends on a ' +
  'packet is what a download takes. Connection tracking adds its sum over the whole payload, which the userspace datapath does for ' +
  'want of a network card that has done it, its look-up and translation, and a second look-up of the flow; rules add nothing ' +
  'to packets, but cost upcalls at the beginning. ' +
  '[What an operator can do](../how-to/attach-a-bridge.md#long-downloads-through-the-userspace-datapath).';
const OFFLOADED =
  'Hosts leave segmentation and checksums to whoever needs them, and Open vSwitch passes segments of up to 64 KiB on: what it adds ' +
  'to each of them counts for little, and the ratio is mostly that of the beginnings.';

const DISTANT =
  'Nobody is busy from end to end: such a download is the beginning of a connection, whose sender has leave for ten packets at ' +
  'first and for about twice as many after each round trip, and the switch works while it waits.';
const FASTER_LINE =
  ' A faster line would not bring it sooner: the last bursts would overrun the packet sockets of Open vSwitch, in every way ' +
  'alike, and wait to be sent again.';

const nameOf = (way: Way) => WAYS[way].text;
const times = (ratio: Spread | undefined) => (ratio === undefined ? '' : `${spreadText(ratio)} x`);

const AFTER_RULES =
  'Rules of `flows` stay ten seconds after the end of their connections, and removing them keeps Open vSwitch busy: the ' +
  'next way begins when they are gone, so that this is in no figure. ';

function rate({ rounds, seconds, awaitsRules, warmUp, rate: figures }: Ways): Section {
  return {
    title: 'Accesses per second',
    text:
      `${CLIENTS} clients of one process, each access with its own TCP connection, full TLS 1.3 handshake (ECDSA P-256, no ` +
      'resumption) and an object of 1 KiB. All ways lead through the same Open vSwitch (userspace datapath) to the same ' +
      'nginx; client, switch, controller and server share the machine, which is busy: what a way costs anywhere shows in ' +
      `its rate. ${rounds} interleaved rounds of ${seconds} s; ratios are to HTTPS with client certificate in the same ` +
      `round. ${warmUp === undefined ? '' : `${figure(warmUp)} accesses by each way come before the first round. `}` +
      `${awaitsRules ? AFTER_RULES : ''}` +
      'The load generator (`load.c`, OpenSSL) is our own: it chooses address and name apart, source addresses in ' +
      'turn and an open loop, which ab, the nearest of Debian’s tools with client certificates, cannot.',
    table: {
      titles: [
        '',
        'per second',
        'ratio',
        'p50, ms',
        'p99, ms',
        'p99 ratio',
        'controller, µs of CPU',
        'failed',
      ],
      rows: figures.map(each => [
        nameOf(each.way),
        spreadText(each.perSecond),
        times(each.ratio),
        spreadText(each.p50),
        spreadText(each.p99),
        times(each.p99Ratio),
        figure(each.controllerMicroseconds.median),
        String(each.failed),
      ]),
    },
  };
}

function distance({ rounds, accesses, distance: figures }: Ways): Section {
  return {
    title: `One access at ${ROUND_TRIP} ms round trip`,
    text:
      'From the SYN to the end of the page, one client behind a delay line, one access after the other; ' +
      `medians of ${accesses} in each of ${rounds} rounds.`,
    table: {
      titles: ['', 'ms', 'ratio', 'failed'],
      rows: figures.map(each => [
        nameOf(each.way),
        spreadText(each.milliseconds),
        times(each.ratio),
        String(each.failed),
      ]),
    },
  };
}

function downloadSections(ways: Ways & Downloads, isOffloaded: boolean): Section[] {
  const { rounds, downloadRounds, downloads, download, distantDownload } = ways;
  const figures = (count: number, inRounds: number) =>
    `Handshakes included; medians of ${count} one after the other in each of ${inRounds} rounds, before the accesses above. `;
  const undelayed =
    downloadRounds === undefined
      ? `Handshakes included, ${downloads} one after the other in each of ${rounds} rounds.`
      : `${figures(downloads, downloadRounds)}${isOffloaded ? OFFLOADED : SEGMENTED}`;
  const sections = [downloadSection(isOffloaded ? 'segments' : 'packets', undelayed, download)];
  if (distantDownload === undefined) return sections;
  const { lineRate, droppedByLine } = distantDownload;
  const line = `The delay line carries ${figure(lineRate / 1e6)} Mbit/s each way, and dropped ${figure(droppedByLine)} packets. `;
  const distant = `${figures(distantDownload.downloads, distantDownload.rounds)}${line}${DISTANT}${isOffloaded ? '' : FASTER_LINE}`;
  return [downloadSection('distant', distant, distantDownload.download), ...sections];
}

function downloadSection(
  where: keyof typeof DOWNLOAD,
  text: string,
  figures: readonly DownloadFigures[],
): Section {
  const isSplit = figures.every(each => each.switchMilliseconds !== undefined);
  const name = DOWNLOAD[where];
  return {
    title: `${name[0]!.toUpperCase()}${name.slice(1)}`,
    text,
    table: {
      titles: ['', 'MiB/s', 'ratio', ...(isSplit ? ['Open vSwitch, ms of CPU'] : []), 'failed'],
      rows: figures.map(each => [
        nameOf(each.way),
        spreadText(each.mebibytesPerSecond),
        times(each.ratio),
        ...(each.switchMilliseconds && isSplit ? [spreadText(each.switchMilliseconds)] : []),
        String(each.failed),
      ]),
    },
  };
}

function control({ rounds, seconds, placement, figures }: ControlPath): Section {
  const placed = placement.pinned ? 'on a core each' : 'on the same cores';
  return {
    title: 'The control path alone',
    text:
      'An emulated switch whose clients open connections: SYN, ClientHello, handed over, the next, each from a new source ' +
      'address; what comes back is checked. No switch and no server behind it. Controller and generator run ' +
      `${placed}; ${rounds} rounds of ${seconds} s against fresh controllers. Times are from packet to answer over ` +
      `loopback TCP, all steps of a handoff together, at ${PACED.toLocaleString('en')} a second. The paper's controller ` +
      'did 325.8 a second.',
    table: {
      titles: ['', 'per second', 'per CPU second', 'p50, ms', 'p99, ms', 'generator CPU', 'wrong', 'lost'],
      rows: figures.map(each => [
        KINDS[each.kind],
        spreadText(each.perSecond),
        figure(each.perCpuSecond.median),
        spreadText(each.p50),
        spreadText(each.p99),
        `${figure(100 * each.generatorShare)} %`,
        String(each.wrong),
        String(each.lost),
      ]),
    },
  };
}

function addedLatency({ rounds, seconds, figures }: AddedLatency): Section {
  return {
    title: `Latency at ${PACED.toLocaleString('en')} handoffs per second`,
    text:
      'Through Open vSwitch, without TLS: a client connects, sends a ClientHello, and the server answers by one byte. Open ' +
      `loop: time runs from when the SYN was due. ${rounds} interleaved rounds of ${seconds} s; what is added is against ` +
      'the direct way in the same round.',
    table: {
      titles: ['', 'p50, ms', 'added', 'p99, ms', 'added', 'failed'],
      rows: figures.map(each => [
        PLAIN_WAYS[each.way],
        spreadText(each.p50),
        each.addedP50 ? spreadText(each.addedP50) : '',
        spreadText(each.p99),
        each.addedP99 ? spreadText(each.addedP99) : '',
        String(each.failed),
      ]),
    },
  };
}

function manyConnections({ connections, rounds, accesses, figures }: ManyConnections): Section {
  return {
    title: 'Beside very many connections',
    text:
      `${connections.toLocaleString('en')} connections of others are in the switch, as entries of its connection tracking or ` +
      'as two rules each, and as many in the memory of the controller. Medians of ' +
      `${accesses} accesses one after the other, ${rounds} rounds before and after. Rules have no idle timeout: Open vSwitch would ` +
      'look at every one that has whenever rules have changed. The controller, which has started anew beside them and learnt of ' +
      'them from the switch, asks for the counters of one connection after the other, also while accesses are measured.',
    table: {
      titles: [
        '',
        'in the switch',
        'before, ms',
        'after, ms',
        'ratio',
        'Open vSwitch, MB',
        'controller, MB',
        'failed',
      ],
      rows: figures.map(each => [
        each.keptAs === 'conntrack' ? 'entries' : 'rules',
        each.inSwitch.toLocaleString('en'),
        spreadText(each.before),
        spreadText(each.after),
        `${figure(each.ratio)} x`,
        figure(each.switchBytes / MEGABYTE),
        figure(each.controllerBytes / MEGABYTE),
        String(each.failed),
      ]),
    },
  };
}

function synFlood({ seconds, rate: legitimate, figures }: SynFlood): Section {
  return {
    title: 'Under a SYN flood',
    text:
      `SYNs from forged addresses to a pseudo-address, for ${seconds} s, while ${legitimate} legitimate accesses a second go ` +
      'to the same. The meter of the switch lets 20,000 SYNs a second pass to the controller; above that legitimate SYNs ' +
      'are lost like the others, and clients send them again after a second.',
    table: {
      titles: ['SYNs per second', 'completed', 'failed', 'p50, ms', 'p99, ms', 'controller, MB', 'after'],
      rows: figures.map(each => [
        figure(each.sent),
        String(each.completed),
        String(each.failed),
        figure(each.p50),
        figure(each.p99),
        figure(each.memoryBefore / MEGABYTE),
        figure(each.memoryAfter / MEGABYTE),
      ]),
    },
  };
}

function manyPseudonyms(figures: readonly ServerFigures[]): Section {
  const { names = 0, visited = 0 } = figures[0] ?? {};
  return {
    title: 'A server with very many pseudonyms',
    text:
      `${names.toLocaleString('en')} pseudonyms, of which ${visited.toLocaleString('en')} are visited; 1,000 fit into the ` +
      'server’s memory. Memory is the proportional set size of the process that serves. A visit is a TLS handshake with ' +
      'client certificate and one request from Node.',
    table: {
      titles: ['server', 'start, ms', 'MiB', 'MiB after', 'first visit, ms', 'warm visit, ms'],
      rows: figures.map(each => [
        each.server,
        figure(each.start),
        figure(each.memoryBefore),
        figure(each.memoryAfter),
        figure(each.firstVisit),
        figure(each.warmVisit),
      ]),
    },
  };
}
