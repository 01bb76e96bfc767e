import { type EmulatedNetwork, type EmulatedSwitch, until } from '../driver/index.js';

/** Gives every switch of `topologies/mimiq.yaml` that has a controller a tunnel port whose far ends the flows set. */
export async function addTunnelPorts(
  network: EmulatedNetwork,
  type: 'vxlan' | 'gre' | 'geneve' = 'vxlan',
): Promise<void> {
  for (const [sw, underlay] of tunnelEnds(network)) {
    const options = ['options:remote_ip=flow', 'options:key=flow', `options:local_ip=${underlay}`];
    const add = ['add-port', sw.bridge, 'mimiq', '--', 'set', 'Interface', 'mimiq', `type=${type}`];
    await sw.vsctl([...add, ...options]);
  }
}

/**
 * Waits until every switch knows the MAC addresses of all others in the underlay. Until then Open vSwitch's userspace datapath
 * drops what it should encapsulate.
 */
export async function tunnelsReady(network: EmulatedNetwork): Promise<void> {
  if (network.datapath !== 'netdev') return;
  const ends = tunnelEnds(network);
  for (const [sw, own] of ends) {
    const show = ['ovs-appctl', '-t', `${sw.directory}/ovs-vswitchd.ctl`, 'tnl/neigh/show'];
    const others = ends.map(([, underlay]) => underlay).filter(underlay => underlay !== own);
    await until(
      `the neighbours of ${sw.name} in the underlay`,
      async () => {
        const known = (await sw.run(show, { check: true })).stdout.split(/\s+/);
        return others.every(underlay => known.includes(underlay));
      },
      { timeout: 60_000, interval: 50 },
    );
  }
}

/** Switches with a controller, each with its address in the underlay. */
function tunnelEnds(network: EmulatedNetwork): [EmulatedSwitch, string][] {
  return [...network.switches.values()]
    .filter(({ name }) => network.topology.switches[name]!.controlled)
    .map(sw => {
      const { addresses } = sw.interfaces.find(({ addresses }) => addresses.length > 0)!;
      return [sw, addresses[0]!.split('/')[0]!];
    });
}
