import type { EmulatedNetwork } from '../driver/index.js';

/** Gives every switch of `topologies/mimiq.yaml` that has a controller a tunnel port whose far ends the flows set. */
export async function addTunnelPorts(
  network: EmulatedNetwork,
  type: 'vxlan' | 'gre' | 'geneve' = 'vxlan',
): Promise<void> {
  for (const sw of network.switches.values()) {
    if (!network.topology.switches[sw.name]!.controlled) continue;
    const underlay = sw.interfaces
      .find(({ addresses }) => addresses.length > 0)!
      .addresses[0]!.split('/')[0]!;
    const options = ['options:remote_ip=flow', 'options:key=flow', `options:local_ip=${underlay}`];
    const add = ['add-port', sw.bridge, 'mimiq', '--', 'set', 'Interface', 'mimiq', `type=${type}`];
    await sw.vsctl([...add, ...options]);
  }
}
