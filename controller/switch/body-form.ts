import { encode, Writer } from '../openflow/index.js';
import { canonicalActions } from './canonical-instructions.js';
import type { GroupMod, MeterMod } from './types.js';

/** Offsets in OFPT_GROUP_MOD (OpenFlow 1.3.5 section 7.3.4.2): type at 10, buckets from 16. */
const GROUP_TYPE = 10;
const BUCKETS = 16;
const BUCKET_HEADER = 16;
/** Offsets in OFPT_METER_MOD (section 7.3.4.4): flags at 10, bands from 16. */
const METER_FLAGS = 10;
const BANDS = 16;

/** Brings groups and meters into comparable form by way of their encoding. Keeps one buffer. */
export class BodyFormer {
  private readonly writer = new Writer();

  /** Type and buckets as text; throws the OpenflowError of a group that cannot be encoded. */
  group(groupType: GroupMod['groupType'], buckets: GroupMod['buckets']): string {
    const bytes = this.encode({ type: 'group-mod', groupId: 0, groupType, buckets } as GroupMod);
    const parts = [text(bytes.subarray(GROUP_TYPE, GROUP_TYPE + 1))];
    let offset = BUCKETS;
    while (offset + BUCKET_HEADER <= bytes.length) {
      const next = offset + Math.max(BUCKET_HEADER, bytes[offset]! * 256 + bytes[offset + 1]!);
      const actions = canonicalActions(bytes, offset + BUCKET_HEADER, next);
      parts.push(text(bytes.subarray(offset + 2, offset + BUCKET_HEADER)), text(actions));
      offset = next;
    }
    return parts.join('/');
  }

  /** Flags and bands as text; throws the OpenflowError of a meter that cannot be encoded. */
  meter(flags: MeterMod['flags'], bands: MeterMod['bands']): string {
    const bytes = this.encode({ type: 'meter-mod', meterId: 1, flags, bands } as MeterMod);
    return text(bytes.subarray(METER_FLAGS, METER_FLAGS + 2)) + text(bytes.subarray(BANDS));
  }

  private encode(message: GroupMod | MeterMod): Uint8Array {
    this.writer.pos = 0;
    encode(this.writer, message);
    return this.writer.buf.subarray(0, this.writer.pos);
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
