import { Port } from '../../../controller/openflow/index.js';
import { buildFrame } from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { Fabric, FabricSwitch } from '../fabric/fabric.js';
import { encapsulate } from './tunnel-actions.js';

/** IEEE Std 802: local experimental. */
const EXPERIMENTAL = 0x88b5;

/**
 * Milliseconds between two greetings. Open vSwitch's userspace datapath looks for the MAC address of a tunnel's far end with
 * the first packet, which it drops, and forgets it after 15 minutes: greetings take the place of that packet.
 */
export const GREETING_INTERVAL = 60_000;
/** When a tunnel port has come up, greetings follow more closely: the far end may be a little later. */
export const FIRST_GREETINGS: readonly number[] = [0, 300, 1000, 3000, 10_000];

/** Sends an empty frame to every other switch, which drops it. */
export function greetPeers(fabric: Fabric, own: FabricSwitch, sw: Switch, tunnelPort: number): void {
  if (!sw.isConnected) return;
  for (const { underlay, id } of fabric.switches) {
    if (id === own.id || underlay === undefined) continue;
    sw.send({
      type: 'packet-out',
      inPort: Port.CONTROLLER,
      actions: encapsulate(fabric.tunnel, tunnelPort, underlay),
      data: GREETING,
    });
  }
}

const GREETING = buildFrame([
  { type: 'ethernet', source: 0x0200_0000_0000, destination: 0x0200_0000_0000, etherType: EXPERIMENTAL },
  { type: 'payload', data: new Uint8Array(46) },
]);
