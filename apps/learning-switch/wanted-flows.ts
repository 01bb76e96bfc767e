import { ControllerMaxLen, Port } from '../../controller/openflow/index.js';
import type { Instruction, WantedFlow, WantedState } from '../../controller/switch/index.js';

/** Flows that are learnt stand between the drops and the miss. */
export const LEARNT_PRIORITY = 0x1000;
const DROP_PRIORITY = 0x2000;

/**
 * States the app's lasting flows: what is never forwarded, what a blocked port receives, and the miss, limited by `punt`.
 */
export function stateFlows(
  wanted: WantedState,
  tableId: number,
  blockedPorts: Iterable<number>,
  punt: readonly Instruction[],
): void {
  const flows: [string, WantedFlow][] = [
    [
      'link-local',
      {
        tableId,
        priority: DROP_PRIORITY,
        match: { ethDst: { value: '01:80:c2:00:00:00', mask: 'ff:ff:ff:ff:ff:f0' } },
      },
    ],
    [
      'miss',
      {
        tableId,
        priority: 0,
        instructions: [
          ...punt,
          {
            type: 'apply-actions',
            actions: [{ type: 'output', port: Port.CONTROLLER, maxLen: ControllerMaxLen.NO_BUFFER }],
          },
        ],
      },
    ],
  ];
  for (const port of blockedPorts) {
    flows.push([`blocked-${port}`, { tableId, priority: DROP_PRIORITY, match: { inPort: port } }]);
  }
  wanted.replaceFlows(flows);
}
