import { OvsdbError } from '../../../controller/ovsdb/errors.js';
import { addTunnel, listBridges, openOpenVswitch } from '../../../controller/ovsdb/open-vswitch/index.js';
import { formatAddress } from '../address-prefix.js';
import type { FabricSwitch, TunnelPlan } from '../fabric/fabric.js';

/**
 * Makes the tunnel port of a switch that has an OVSDB endpoint: one port for all peers, whose addresses the flows give.
 * Making it again changes nothing. Rejects with OvsdbError.
 */
export async function makeTunnelPort(own: FabricSwitch, plan: TunnelPlan): Promise<void> {
  const { ovsdb, underlay, id } = own;
  if (ovsdb === undefined || underlay === undefined) return;
  const database = await openOpenVswitch(ovsdb);
  try {
    const bridge = (await listBridges(database)).find(row => row.datapath_id === id);
    if (bridge === undefined) {
      throw new OvsdbError('not-found', `no bridge of this Open vSwitch has the datapath id ${id}`);
    }
    await addTunnel(database, bridge.name, {
      name: plan.name,
      type: plan.type,
      remoteIp: 'flow',
      localIp: formatAddress(underlay),
      key: 'flow',
    });
  } finally {
    database.client.close();
  }
}
