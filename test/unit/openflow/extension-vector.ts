import type { DecodedAction, DecodedMatch } from '../../../controller/openflow/index.js';
import { formatHex } from '../../../controller/openflow/index.js';
import { annotated, pins } from './vector.js';

const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, '0');
const zeros = (bytes: number): string => '00'.repeat(bytes);

/** Pins one action in both directions, as that of a PACKET_OUT. */
export function pinsAction(title: string, action: string, decoded: DecodedAction): void {
  const bytes = annotated(action);
  pins(
    title,
    `04 0d ${hex(24 + bytes.length, 2)} 00000001 // PACKET_OUT
     ffffffff fffffffd ${hex(bytes.length, 2)} ${zeros(6)} // NO_BUFFER, CONTROLLER, length of the actions
     ${formatHex(bytes)}`,
    {
      type: 'packet-out',
      xid: 1,
      bufferId: 0xffffffff,
      inPort: 0xfffffffd,
      actions: [decoded],
      data: new Uint8Array(),
    },
  );
}

/** Pins match fields in both directions, as those of a FLOW_MOD. */
export function pinsFields(title: string, fields: string, decoded: DecodedMatch): void {
  const bytes = annotated(fields);
  const padding = (8 - ((4 + bytes.length) % 8)) % 8;
  pins(
    title,
    `04 0e ${hex(52 + bytes.length + padding, 2)} 00000001 // FLOW_MOD
     ${zeros(16)} 00 00 0000 0000 8000 // cookies, table 0, ADD, timeouts, priority
     ffffffff ffffffff ffffffff 0000 0000 // NO_BUFFER, ANY, ANY, flags, padding
     0001 ${hex(4 + bytes.length, 2)} ${formatHex(bytes)} ${zeros(padding)}`,
    {
      type: 'flow-mod',
      xid: 1,
      cookie: 0n,
      cookieMask: 0n,
      tableId: 0,
      command: 'add',
      idleTimeout: 0,
      hardTimeout: 0,
      priority: 0x8000,
      bufferId: 0xffffffff,
      outPort: 0xffffffff,
      outGroup: 0xffffffff,
      flags: [],
      match: decoded,
      instructions: [],
    },
  );
}
