import { figure, spreadText } from '../../../mininet/report/figures.js';
import { type Section, targetSection } from '../report/section.js';
import type { ControllerBenchmark } from './benchmark.js';
import type { FlowModRate } from './flow-mod-rate.js';
import type { IdleCost } from './memory.js';
import type { PacketInRate } from './packet-in-rate.js';
import type { Reconciliation } from './reconciliation.js';
import { targetsOf } from './targets.js';

/** The whole report, from the figures alone. */
export function sectionsOf(result: ControllerBenchmark): Section[] {
  return [
    targetSection('What the controller should reach, and what it reached in this run.', targetsOf(result)),
    ...(result.packetIn ? [throughput(result.packetIn), latency(result.packetIn)] : []),
    ...(result.flowMods ? [flowMods(result.flowMods)] : []),
    ...(result.reconciliation ? [reconciliation(result.reconciliation)] : []),
    ...(result.idle ? [idle(result.idle)] : []),
  ];
}

function throughput({ switches, rounds, seconds, placement, figures }: PacketInRate): Section {
  const placed = placement.pinned
    ? 'Generator and controller run on a core each'
    : 'Generator and controller share the machine';
  const prior = placement.priority < 0 ? ', both with raised priority' : '';
  return {
    title: 'Packet-ins answered per CPU second',
    text:
      `${switches} emulated switches of one process keep a window of packet-ins outstanding each, between known hosts on ` +
      'different ports. Each is answered with one flow-mod and one packet-out, whose port is checked. ' +
      `${placed}${prior}; ${rounds} interleaved rounds of ${seconds} s after a second of warm-up. Per CPU second of the ` +
      'controller, all threads; the ratio is that of cloakflow to the other in the same round. A controller that ' +
      'writes every message by itself pays for waking the generator each time it sleeps, so that its figure depends on ' +
      'the window and on the machine.',
    table: {
      titles: ['controller', 'window', 'per CPU second', 'per second', 'cloakflow is', 'generator CPU'],
      rows: figures.flatMap(({ peer, throughput: all }) =>
        all.map(({ window, perCpuSecond, perSecond, ratio, generatorShare }) => [
          peer,
          String(window),
          spreadText(perCpuSecond),
          figure(perSecond.median),
          ratio === undefined ? '' : `${spreadText(ratio)} x`,
          `${figure(100 * generatorShare)} %`,
        ]),
      ),
    },
  };
}

function latency({ figures }: PacketInRate): Section {
  return {
    title: 'Latency and correctness',
    text:
      'Microseconds from a packet-in to its packet-out over loopback TCP, with one outstanding on one switch. Counts are ' +
      'of all runs.',
    table: {
      titles: [
        'controller',
        'p50',
        'p99',
        'cloakflow takes',
        'answered',
        'lost',
        'wrong port',
        'twice',
        'MiB',
      ],
      rows: figures.map(each => [
        each.peer,
        spreadText(each.latencyP50Microseconds),
        figure(each.latencyP99Microseconds.median),
        each.latencyRatio === undefined ? '' : `${spreadText(each.latencyRatio)} x`,
        figure(each.answered),
        String(each.lost),
        String(each.misdirected),
        String(each.repeated),
        figure(each.residentMiB),
      ]),
    },
  };
}

function flowMods({ flows, bytesPerFlow, rounds, figures }: FlowModRate): Section {
  return {
    title: 'Flow-mods into Open vSwitch',
    text:
      `${figure(flows)} flows of ${figure(bytesPerFlow)} bytes into an empty bridge over its unix socket, until the switch ` +
      `has carried them out; a fresh ovs-vswitchd each time, ${rounds} interleaved rounds. The C client sends bytes that ` +
      'are encoded already: what it reaches is what Open vSwitch accepts. A bundle is carried out at once at its end.',
    table: {
      titles: ['client', 'how', 'flows per second', 'of the C client'],
      rows: figures.map(({ client, how, flowsPerSecond, shareOfCeiling }) => [
        client,
        how,
        spreadText(flowsPerSecond),
        shareOfCeiling === undefined ? '' : `${figure(100 * shareOfCeiling.median)} %`,
      ]),
    },
  };
}

function reconciliation({ flows, rounds, stateSeconds, figures }: Reconciliation): Section {
  return {
    title: 'Reconciliation',
    text:
      `A switch connects of which ${figure(flows)} flows are wanted: it is asked for what it has, compared, and changed by ` +
      `one bundle. Stating the flows took ${spreadText(stateSeconds)} s. ${rounds} rounds.`,
    table: {
      titles: ['the switch has', 'read, s', 'change, s', 'added', 'changed', 'removed', 'sent', 'received'],
      rows: figures.map(
        ({ situation, readSeconds, changeSeconds, changes, messagesSent, messagesReceived }) => [
          situation,
          spreadText(readSeconds),
          spreadText(changeSeconds),
          String(changes.added),
          String(changes.changed),
          String(changes.removed),
          String(messagesSent),
          String(messagesReceived),
        ],
      ),
    },
  };
}

function idle({ startBytes, baseBytes, idleSeconds, switches, silent }: IdleCost): Section {
  const megabytes = (bytes: number) => `${figure(bytes / 1e6)} MB`;
  const kilobytes = (bytes: number) => `${figure(bytes / 1e3)} kB`;
  return {
    title: 'Memory and CPU without work',
    text:
      'Resident memory of `cloakflow run` with the learning switch, link discovery included. V8 gives back what starting and ' +
      'connecting leave behind once it is idle.',
    table: {
      titles: ['', ''],
      rows: [
        ['as soon as it listens', megabytes(startBytes)],
        [`after ${idleSeconds} s`, megabytes(baseBytes)],
        [`each of ${switches.count} idle switches`, kilobytes(switches.bytesEach)],
        [`CPU of ${switches.count} idle switches`, `${figure(switches.cpuPercent)} %`],
        [`each of ${silent.count} connections that say nothing`, kilobytes(silent.bytesEach)],
        [`of them closed after ${figure(silent.secondsToClose)} s`, String(silent.closed)],
        ['after that', megabytes(silent.bytesAfter)],
      ],
    },
  };
}
