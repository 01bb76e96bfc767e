import { setTimeout as sleep } from 'node:timers/promises';
import { type Capture, type EmulatedNetwork, runCommand, until } from '../driver/index.js';
import { prepareMimiqClient, removeAddress, requestAddresses } from '../traffic/mimiq-client.js';
import { Stream, startEcho } from '../traffic/stream.js';
import { addTunnelPorts, tunnelsReady } from '../traffic/tunnel-ports.js';
import { mimiqSettings } from './mimiq-settings.js';
import type { Stage } from './stage.js';

/** One at each client-facing switch. */
const CLIENTS = ['c1', 'c3', 'c5'];
const SWITCHES = ['edge1', 'edge2', 'access1', 'access2', 'access3'];
const SERVER6 = '2001:db8:5::10';
const SERVER4 = '198.51.100.10';
const ADDRESSES = 4;
/** Milliseconds between two datagrams of a stream, between two hops of it, and for which an old address lingers. */
const INTERVAL = 10;
const HOP = 400;
const LINGER = 300;

/** ARP, and neighbour solicitations and advertisements, inside VXLAN (outer UDP payload from byte 8). */
const INSIDE_TUNNELS =
  '(udp port 4789 and (udp[28:2] = 0x0806 or (udp[28:2] = 0x86dd and udp[36] = 58 and udp[70] >= 135 and udp[70] <= 136)))';
/** The same outside tunnels, about addresses of clients. */
const ABOUT_CLIENTS =
  '(arp and net 10.64.0.0/16) or (icmp6 and net 2001:db8:64::/64 and ip6[40] >= 135 and ip6[40] <= 136)';

/** Clients at three switches change their addresses under a stream of packets, and the network hardly notices. */
export async function mimiq(stage: Stage): Promise<void> {
  const settings = JSON.stringify({ mimiq: mimiqSettings({ store: stage.file('mimiq.db') }) });
  const controller = await stage.startController([settings], 'mimiq');
  const network = await stage.startNetwork('mimiq', controller);
  await addTunnelPorts(network);
  await until('the switches', async () => (await connected(stage)) === SWITCHES.length, {
    signal: stage.signal,
    timeout: 20_000,
  });
  await tunnelsReady(network);
  stage.show(
    `${network.hosts.size} hosts, ${network.switches.size} Open vSwitches (${network.datapath} datapath); observer – server: 5 ms`,
  );
  const core = await captures(network, SWITCHES);
  const outside = await Promise.all(
    ['edge1', 'edge2'].map(name => network.link(name, 'observer').capture({ node: name })),
  );
  const atPort = await network.host('c1').capture({ filter: 'arp or icmp6' });
  const echo = await startEcho(network.host('server'));

  stage.tell('Clients at three switches ask the allocator for addresses: four of IPv6, one of IPv4 each');
  const addresses = new Map<string, string[]>();
  for (const name of CLIENTS) {
    const host = network.host(name);
    await prepareMimiqClient(host);
    const own = await requestAddresses(host, 6, ADDRESSES);
    const [old] = await requestAddresses(host, 4, 1);
    addresses.set(name, own);
    stage.show([`${name}: ${own.join('  ')}`, `    ${old}`].join('\n'));
    await reach(network, name, own[0]!, SERVER6);
    await reach(network, name, old!, SERVER4);
  }

  stage.tell('cloakflow mimiq leases  (sealed: whose an address is, the operator does not see)');
  stage.show(firstLines(await stage.cloakflow(['mimiq', 'leases']), 6));

  stage.tell(
    'A stream of numbered datagrams from each to the server and back; every 400 ms it hops to the next address',
  );
  const results = await Promise.all(
    CLIENTS.map(async name => {
      const { sent, missing } = await hopThrough(network, name, addresses.get(name)!);
      return `${name}: ${sent} datagrams, ${ADDRESSES - 1} hops, ${missing.length} lost`;
    }),
  );
  stage.show(results.join('\n'));
  await echo.stop();

  stage.tell('The edge table for IPv6: one entry an alias of a client-facing switch, not one a client');
  stage.show(edgeTable(await network.switch('edge1').ofctl('dump-flows')));

  stage.tell('Encapsulated packets on the link access1 – core');
  const [accessLink] = await Promise.all(core.slice(2, 3).map(capture => capture.stop()));
  stage.show(firstLines(await tcpdump(accessLink!.file, `udp port 4789 and udp[28:2] = 0x86dd`), 6));

  stage.tell(
    'ARP and neighbour discovery of clients: at the port of c1, where the switch answers, and beyond all ports',
  );
  const asked = (await atPort.stop()).frames;
  let beyond = 0;
  for (const capture of [...core, ...outside]) {
    const { file } = await capture.stop();
    const found = await tcpdump(file, `${INSIDE_TUNNELS} or ${ABOUT_CLIENTS}`);
    beyond += found.split('\n').filter(line => line !== '').length;
  }
  stage.show(`at the port of c1: ${asked}\nin the network and outside it: ${beyond}`);
  for (const capture of [...core, ...outside, atPort]) await capture.discard();
  if (beyond > 0) throw new Error('neighbour discovery of clients crossed the network');
  if (results.some(line => !line.endsWith(' 0 lost'))) throw new Error('packets were lost');
}

async function connected(stage: Stage): Promise<number> {
  return (JSON.parse(await stage.cloakflow(['switches', '--json'])) as unknown[]).length;
}

function captures(network: EmulatedNetwork, names: readonly string[]): Promise<Capture[]> {
  return Promise.all(names.map(name => network.link(name, 'core').capture({ node: name })));
}

async function reach(network: EmulatedNetwork, name: string, from: string, to: string): Promise<void> {
  const ping = ['ping', '-n', '-c1', '-W1', '-I', from, to];
  await until(`${name} to reach the server`, async () => (await network.host(name).run(ping)).exitCode === 0);
}

/** Sends from one address after the other; each lingers for packets in flight and then goes. */
async function hopThrough(network: EmulatedNetwork, name: string, addresses: readonly string[]) {
  const host = network.host(name);
  const stream = await Stream.start(host, SERVER6, INTERVAL);
  for (const [index, address] of addresses.entries()) {
    await stream.hop(address);
    const before = addresses[index - 1];
    await sleep(LINGER);
    if (before !== undefined) {
      stream.close(before);
      await removeAddress(host, before);
    }
    await sleep(HOP - LINGER);
  }
  return stream.stop();
}

/** `alias bits -> underlay address`, as many lines as there are entries. */
function edgeTable(flows: string): string {
  const entries = [...flows.matchAll(/ipv6_dst=(\S+?) .*?set_field:([\d.]+)->tun_dst/g)];
  return entries
    .map(([, match, underlay]) => `${match}  →  ${underlay}`)
    .sort()
    .join('\n');
}

async function tcpdump(file: string, filter: string): Promise<string> {
  return (await runCommand(['tcpdump', '-n', '-t', '-r', file, filter], { check: true })).stdout;
}

function firstLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n');
  const rest = lines.length - count;
  return rest > 0 ? [...lines.slice(0, count), `… and ${rest} more`].join('\n') : lines.join('\n');
}
