/** The bytes between the agent and `native/tcp-repair`, whose README has the layout. */
import { parseIpv4, parseIpv6 } from '../../../../controller/address/index.js';
import type { RestoredConnection } from './restored-connection.js';

const MAGIC = 0x4346_5231;
const REQUEST_LENGTH = 72;
export const REPLY_LENGTH = 12;
const Option = { TIMESTAMPS: 1, SACK: 2, WINDOW_SCALE: 4 } as const;
const ADDRESSES = { tenant: 40, client: 56 } as const;

/** Steps by number, as `native/tcp-repair/restore.h` has them. */
const STEPS = [
  'restored',
  'socket',
  'repair mode',
  'bind',
  'sequence numbers',
  'MSS',
  'connect',
  'options',
  'timestamps',
  'windows',
  'start',
  'address reuse',
  'delivery to the web server',
  'request',
];

export interface RestoreReply {
  readonly id: number;
  /** undefined: restored and delivered. */
  readonly failure: { readonly step: string; readonly errno: number } | undefined;
}

/** @throws RangeError for numbers and addresses that are none */
export function encodeRequest(id: number, connection: RestoredConnection): Uint8Array {
  const bytes = new Uint8Array(REQUEST_LENGTH);
  const view = new DataView(bytes.buffer);
  const { windowScale } = connection;
  view.setUint32(0, MAGIC);
  view.setUint32(4, id);
  view.setUint8(8, connection.family);
  view.setUint8(
    9,
    (connection.tsval === undefined ? 0 : Option.TIMESTAMPS) |
      (connection.sackPermitted ? Option.SACK : 0) |
      (windowScale === undefined ? 0 : Option.WINDOW_SCALE),
  );
  view.setUint8(10, windowScale?.client ?? 0);
  view.setUint8(11, windowScale?.tenant ?? 0);
  view.setUint16(12, connection.mss);
  view.setUint16(14, connection.tenant.port);
  view.setUint16(16, connection.client.port);
  view.setUint32(20, connection.sendSequence);
  view.setUint32(24, connection.receiveSequence);
  view.setUint32(28, connection.tsval ?? 0);
  view.setUint32(32, connection.clientWindow);
  view.setUint32(36, connection.offeredWindow);
  for (const side of ['tenant', 'client'] as const) {
    const { address } = connection[side];
    if (connection.family === 4) {
      const number = parseIpv4(address);
      if (Number.isNaN(number)) throw new RangeError('an address is no IPv4 address');
      view.setUint32(ADDRESSES[side], number);
    } else {
      const parsed = parseIpv6(address);
      if (parsed === undefined) throw new RangeError('an address is no IPv6 address');
      bytes.set(parsed, ADDRESSES[side]);
    }
  }
  return bytes;
}

/** undefined for bytes that are no reply. `bytes` has REPLY_LENGTH of them. */
export function decodeReply(bytes: Uint8Array): RestoreReply | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, REPLY_LENGTH);
  if (view.getUint32(0) !== MAGIC) return undefined;
  const step = STEPS[view.getUint16(8)];
  if (step === undefined) return undefined;
  const failure = step === STEPS[0] ? undefined : { step, errno: view.getUint16(10) };
  return { id: view.getUint32(4), failure };
}
