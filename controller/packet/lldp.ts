/**
 * Plain LLDP data units (IEEE Std 802.1AB-2016 clause 8). Reading fails where LldpView does; a TLV with an
 * unknown type, or whose value does not have the form of its type, is kept as `other`. Building fails with
 * `bad-value`.
 */
import { macToNumber } from '../address/index.js';
import { readU16, readU24, readU32, writeU16, writeU24, writeU32, writeU48 } from './byte-order.js';
import { byteString, fieldError, unsigned } from './field-check.js';
import { LldpTlvType, LldpView } from './lldp-view.js';

type TlvOf<Id> =
  /** `id` is 1 to 255 bytes; building also takes text, and MAC text with the MAC address subtypes. */
  | { type: 'chassis-id'; subtype: number; id: Id }
  | { type: 'port-id'; subtype: number; id: Id }
  | { type: 'time-to-live'; seconds: number }
  | { type: 'port-description' | 'system-name' | 'system-description'; text: string }
  /** Bits of table 8-4, such as `LldpCapability.BRIDGE`. */
  | { type: 'system-capabilities'; capabilities: number; enabled: number }
  | {
      type: 'management-address';
      /** IANA address family: 1 is IPv4, 2 is IPv6. */
      family: number;
      address: Uint8Array;
      /** 2 is an ifIndex, 3 a system port number. */
      numbering: number;
      interfaceNumber: number;
      objectId: Uint8Array;
    }
  | { type: 'organisation-specific'; oui: number; subtype: number; data: Uint8Array }
  | { type: 'other'; tlvType: number; data: Uint8Array };

export type LldpTlvInit = TlvOf<Uint8Array | string>;
export type LldpTlv = TlvOf<Uint8Array>;

interface LldpOf<Tlv> {
  type: 'lldp';
  /** Chassis id, port id and time to live first; the end TLV is not listed. */
  tlvs: Tlv[];
  /** False where the unit has no end TLV. */
  end?: false;
}
export type LldpInit = LldpOf<LldpTlvInit>;
export type LldpLayer = LldpOf<LldpTlv>;

/** IEEE Std 802.1AB-2016 tables 8-2 and 8-3. */
export const LldpChassisSubtype = { MAC: 4, NETWORK_ADDRESS: 5, INTERFACE_NAME: 6, LOCAL: 7 } as const;
export const LldpPortSubtype = { MAC: 3, NETWORK_ADDRESS: 4, INTERFACE_NAME: 5, LOCAL: 7 } as const;
export const LldpCapability = { REPEATER: 2, BRIDGE: 4, ROUTER: 16, STATION: 128 } as const;

const TEXT_TYPES = {
  'port-description': LldpTlvType.PORT_DESCRIPTION,
  'system-name': LldpTlvType.SYSTEM_NAME,
  'system-description': LldpTlvType.SYSTEM_DESCRIPTION,
} as const;
const TEXT_NAMES = new Map(
  Object.entries(TEXT_TYPES).map(([name, type]) => [type as number, name as keyof typeof TEXT_TYPES]),
);
/** Refuses what it could not write back unchanged. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const MAX_TEXT = 255;

export function parseLldp(view: LldpView): LldpLayer {
  const tlvs: LldpTlv[] = [];
  view.forEach((type, value) => {
    tlvs.push(parseTlv(type, value) ?? { type: 'other', tlvType: type, data: value });
  });
  return view.hasEnd ? { type: 'lldp', tlvs } : { type: 'lldp', tlvs, end: false };
}

function parseTlv(type: number, value: Uint8Array): LldpTlv | undefined {
  const text = TEXT_NAMES.get(type);
  if (text !== undefined) return parseText(text, value);
  switch (type) {
    case LldpTlvType.CHASSIS_ID:
      return { type: 'chassis-id', subtype: value[0]!, id: value.subarray(1) };
    case LldpTlvType.PORT_ID:
      return { type: 'port-id', subtype: value[0]!, id: value.subarray(1) };
    case LldpTlvType.TIME_TO_LIVE:
      return { type: 'time-to-live', seconds: readU16(value, 0) };
    case LldpTlvType.SYSTEM_CAPABILITIES:
      if (value.length !== 4) return undefined;
      return { type: 'system-capabilities', capabilities: readU16(value, 0), enabled: readU16(value, 2) };
    case LldpTlvType.MANAGEMENT_ADDRESS:
      return parseManagementAddress(value);
    case LldpTlvType.ORGANISATION_SPECIFIC:
      return {
        type: 'organisation-specific',
        oui: readU24(value, 0),
        subtype: value[3]!,
        data: value.subarray(4),
      };
    default:
      return undefined;
  }
}

function parseText(type: keyof typeof TEXT_TYPES, value: Uint8Array): LldpTlv | undefined {
  if (value.length > MAX_TEXT) return undefined;
  try {
    return { type, text: decoder.decode(value) };
  } catch {
    return undefined;
  }
}

/** Clause 8.5.9: length of family and address, family, address, numbering, number, object id with its length. */
function parseManagementAddress(value: Uint8Array): LldpTlv | undefined {
  const addressEnd = 1 + (value[0] ?? 0);
  if (addressEnd < 3 || addressEnd > 33 || addressEnd + 6 > value.length) return undefined;
  const objectId = value.subarray(addressEnd + 6);
  if (objectId.length !== value[addressEnd + 5] || objectId.length > 128) return undefined;
  return {
    type: 'management-address',
    family: value[1]!,
    address: value.subarray(2, addressEnd),
    numbering: value[addressEnd]!,
    interfaceNumber: readU32(value, addressEnd + 1),
    objectId,
  };
}

/** Bytes that `emitLldp` writes. */
export function lldpLength(layer: LldpInit): number {
  let length = layer.end === false ? 0 : 2;
  for (const tlv of layer.tlvs) length += 2 + encodeTlv(tlv).value.length;
  return length;
}

export function emitLldp(layer: LldpInit, bytes: Uint8Array, start: number): void {
  let offset = start;
  for (const tlv of layer.tlvs) {
    const { type, value } = encodeTlv(tlv);
    writeU16(bytes, offset, (type << 9) | value.length);
    bytes.set(value, offset + 2);
    offset += 2 + value.length;
  }
  if (layer.end !== false) {
    writeU16(bytes, offset, 0);
    offset += 2;
  }
  if (new LldpView(bytes, start, offset).end !== offset) {
    throw fieldError('bad-value', 'lldp.tlvs', 'has an end TLV before its end');
  }
}

function encodeTlv(tlv: LldpTlvInit): { type: number; value: Uint8Array } {
  switch (tlv.type) {
    case 'chassis-id':
      return { type: LldpTlvType.CHASSIS_ID, value: encodeId(tlv, LldpChassisSubtype.MAC) };
    case 'port-id':
      return { type: LldpTlvType.PORT_ID, value: encodeId(tlv, LldpPortSubtype.MAC) };
    case 'time-to-live': {
      const value = new Uint8Array(2);
      writeU16(value, 0, unsigned(tlv.seconds, 16, 'lldp.time-to-live.seconds'));
      return { type: LldpTlvType.TIME_TO_LIVE, value };
    }
    case 'port-description':
    case 'system-name':
    case 'system-description': {
      const value = byteString(encoder.encode(tlv.text), MAX_TEXT, `lldp.${tlv.type}.text`);
      return { type: TEXT_TYPES[tlv.type], value };
    }
    case 'system-capabilities': {
      const value = new Uint8Array(4);
      writeU16(value, 0, unsigned(tlv.capabilities, 16, 'lldp.system-capabilities.capabilities'));
      writeU16(value, 2, unsigned(tlv.enabled, 16, 'lldp.system-capabilities.enabled'));
      return { type: LldpTlvType.SYSTEM_CAPABILITIES, value };
    }
    case 'management-address':
      return { type: LldpTlvType.MANAGEMENT_ADDRESS, value: encodeManagementAddress(tlv) };
    case 'organisation-specific': {
      const data = byteString(tlv.data, 507, 'lldp.organisation-specific.data');
      const value = new Uint8Array(4 + data.length);
      writeU24(value, 0, unsigned(tlv.oui, 24, 'lldp.organisation-specific.oui'));
      value[3] = unsigned(tlv.subtype, 8, 'lldp.organisation-specific.subtype');
      value.set(data, 4);
      return { type: LldpTlvType.ORGANISATION_SPECIFIC, value };
    }
    case 'other':
      return {
        type: unsigned(tlv.tlvType, 7, 'lldp.other.tlvType'),
        value: byteString(tlv.data, 511, 'lldp.other.data'),
      };
    default:
      throw fieldError('bad-value', 'lldp.tlvs', 'has an entry of unknown type');
  }
}

function encodeId(
  tlv: { type: string; subtype: number; id: Uint8Array | string },
  macSubtype: number,
): Uint8Array {
  const field = `lldp.${tlv.type}.id`;
  let id: Uint8Array;
  if (typeof tlv.id !== 'string') {
    id = byteString(tlv.id, 255, field);
  } else if (tlv.subtype === macSubtype) {
    const mac = macToNumber(tlv.id);
    if (Number.isNaN(mac)) throw fieldError('bad-value', field, 'is not a MAC address');
    id = new Uint8Array(6);
    writeU48(id, 0, mac);
  } else {
    id = byteString(encoder.encode(tlv.id), 255, field);
  }
  if (id.length === 0) throw fieldError('bad-value', field, 'is empty');
  const value = new Uint8Array(1 + id.length);
  value[0] = unsigned(tlv.subtype, 8, `lldp.${tlv.type}.subtype`);
  value.set(id, 1);
  return value;
}

function encodeManagementAddress(tlv: LldpTlvInit & { type: 'management-address' }): Uint8Array {
  const address = byteString(tlv.address, 31, 'lldp.management-address.address');
  if (address.length === 0) throw fieldError('bad-value', 'lldp.management-address.address', 'is empty');
  const objectId = byteString(tlv.objectId, 128, 'lldp.management-address.objectId');
  const value = new Uint8Array(8 + address.length + objectId.length);
  value[0] = 1 + address.length;
  value[1] = unsigned(tlv.family, 8, 'lldp.management-address.family');
  value.set(address, 2);
  const offset = 2 + address.length;
  value[offset] = unsigned(tlv.numbering, 8, 'lldp.management-address.numbering');
  writeU32(value, offset + 1, unsigned(tlv.interfaceNumber, 32, 'lldp.management-address.interfaceNumber'));
  value[offset + 5] = objectId.length;
  value.set(objectId, offset + 6);
  return value;
}
