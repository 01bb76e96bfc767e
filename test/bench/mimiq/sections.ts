import { figure, spreadText } from '../../../mininet/report/figures.js';
import { type Section, targetSection } from '../report/section.js';
import type { AllocationFigures, DhcpFigures, ForwardingFigures, MimiqBenchmark } from './benchmark.js';
import { isSwitched } from './dhcp.js';
import { mimiqTargets } from './targets.js';

/** The whole report, from the figures alone. */
export function mimiqSections(result: MimiqBenchmark): Section[] {
  return [
    targetSection(
      'What MIMIQ should reach in a network, and what it reached in this run.',
      mimiqTargets(result),
    ),
    allocations(result.allocations, result.rounds),
    ...dhcp(result.dhcp, result.rounds),
    forwarding(result.forwarding, result.rounds),
  ];
}

function allocations(
  { addresses, perRequest, outstanding, figures }: AllocationFigures,
  rounds: number,
): Section {
  return {
    title: 'Allocations',
    text:
      `${figure(addresses)} IPv6 addresses in requests for ${perRequest}, ${outstanding} outstanding, in MIMIQ's own ` +
      'protocol, to the running app and its SQLite store: a request is answered when its addresses are on the disk and, ' +
      `with rules, a real Open vSwitch has confirmed their flows. ${rounds} interleaved rounds after 15,000 addresses of ` +
      'warm-up. Milliseconds are from request to answer.',
    table: {
      titles: ['', 'addresses per second', 'median, ms', 'p99, ms'],
      rows: figures.map(({ rules, addressesPerSecond, medianMilliseconds, p99Milliseconds }) => [
        rules ? 'on the disk, and confirmed by the switch' : 'on the disk',
        spreadText(addressesPerSecond),
        spreadText(medianMilliseconds),
        spreadText(p99Milliseconds),
      ]),
    },
  };
}

function dhcp({ seconds, figures, diskMilliseconds }: DhcpFigures, rounds: number): Section[] {
  const disk =
    diskMilliseconds === undefined
      ? ''
      : ` One write of 4 KiB that waits for the disk takes ${spreadText(diskMilliseconds)} ms here; cloakflow begins it ` +
        'with the offer, so that the acknowledgement waits for the part that takes longer than the client.';
  const alone = figures.some(({ server }) => server === 'answers alone')
    ? '"Answers alone" is the same socket without an allocator, which answers each message at once: what perfdhcp and Node take ' +
      'by themselves. perfdhcp sleeps 1 µs between two looks at its socket, of which the timer slack of Linux makes some 55: answers ' +
      'that come sooner look alike. '
    : '';
  const direct: Section = {
    title: 'DHCPv4 beside Kea',
    text:
      `perfdhcp offers four-way exchanges at fixed rates for ${seconds} s through a veth pair between two namespaces; ` +
      `a fresh server for each measurement, which answers 3,000 exchanges first; ${rounds} rounds, the servers taking ` +
      'turns. cloakflow is its front end behind a UDP socket, with the store that it always has. Kea as it comes ' +
      'writes a lease to a file and does not wait for the disk; "Kea, durable" has a file whose writes do (`chattr +S`), which ' +
      'is what cloakflow promises. ' +
      alone +
      'The ratios are those of cloakflow to the other in the same round: of completed exchanges ' +
      '(more is better), and of both delays together (less is better). CPU is of all threads of the server.' +
      disk,
    table: dhcpTable(figures.filter(({ server }) => !isSwitched(server))),
  };
  const switched = figures.filter(({ server }) => isSwitched(server));
  if (switched.length === 0) return [direct];
  const through: Section = {
    title: 'DHCPv4 through a switch',
    text:
      'The same load through an Open vSwitch (userspace datapath) at the lowest rate. cloakflow is the whole controller: messages are ' +
      'packet-ins and packet-outs, and a lease is on the disk and its rules are confirmed by the switch before it is acknowledged. ' +
      '"Answers alone" is the same controller without an allocator, which answers each message at once: the least that the way through ' +
      'switch and controller costs, whatever is done there. Kea is behind another port and forwarded to, so nothing of it crosses a controller. ' +
      'CPU includes that of Open vSwitch.',
    table: dhcpTable(switched),
  };
  return [direct, through];
}

function dhcpTable(figures: DhcpFigures['figures']): Section['table'] {
  return {
    titles: [
      'server',
      'offered /s',
      'acknowledged /s',
      'lost',
      'offer, ms',
      'ack, ms',
      'CPU each, µs',
      'cloakflow completes',
      'cloakflow takes',
    ],
    rows: figures.map(each => [
      each.server.replace(', switch', ''),
      figure(each.offered),
      spreadText(each.completed),
      `${figure(100 * each.lostShare.median)} %`,
      spreadText(each.offerMilliseconds),
      spreadText(each.acknowledgeMilliseconds),
      figure(each.cpuMicroseconds.median),
      each.completedRatio === undefined ? '' : `${spreadText(each.completedRatio)} x`,
      each.latencyRatio === undefined ? '' : `${spreadText(each.latencyRatio)} x`,
    ]),
  };
}

function forwarding({ seconds, figures }: ForwardingFigures, rounds: number): Section {
  return {
    title: 'Forwarding through tunnels',
    text:
      `Mbit/s of one TCP connection between a client and a server behind two Open vSwitches (userspace datapath), for ` +
      `${seconds} s each: through MIMIQ's VXLAN tunnel, and by plain flows of the same switches that only decrement the hop ` +
      `limit and output; ${rounds} rounds, both taking turns.`,
    table: {
      titles: ['', 'plain', 'encapsulated', 'encapsulated is'],
      rows: figures.map(({ family, direction, plain, encapsulated, ratio }) => [
        `IPv${family}, ${direction === 'out' ? 'from the client' : 'to the client'}`,
        spreadText(plain),
        spreadText(encapsulated),
        `${spreadText(ratio)} x`,
      ]),
    },
  };
}
