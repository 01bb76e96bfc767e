/**
 * Plain Ethernet and VLAN layers (IEEE 802.3, 802.1Q). Reading fails where EthernetView does; building fails
 * with `bad-value`, and with `missing-field` where nothing determines the EtherType.
 */
import { formatMac, type MacAddress } from '../address/index.js';
import { readU16, writeU16, writeU48 } from './byte-order.js';
import { isVlanTag } from './ether-type.js';
import { ETHERNET_HEADER_LENGTH, type EthernetView } from './ethernet-view.js';
import { fieldError, macNumber, unsigned } from './field-check.js';
import type { Parsed } from './parsed.js';

export interface EthernetInit {
  type: 'ethernet';
  destination: MacAddress;
  source: MacAddress;
  /** May be left out before a layer that determines it. Up to 1500 it is an 802.3 length. */
  etherType?: number;
}
export type EthernetLayer = Parsed<EthernetInit>;

export interface VlanInit {
  type: 'vlan';
  /** 12 bits. */
  vlanId: number;
  /** 3 bits, default 0. */
  priority?: number;
  /** Default false. */
  dropEligible?: boolean;
  /** Of what follows the tag. */
  etherType?: number;
}
export type VlanLayer = Parsed<VlanInit>;

export const VLAN_TAG_LENGTH = 4;

/** The Ethernet layer and one layer for each tag, outermost first. */
export function parseEthernet(view: EthernetView): (EthernetLayer | VlanLayer)[] {
  const layers: (EthernetLayer | VlanLayer)[] = [
    {
      type: 'ethernet',
      destination: formatMac(view.destination),
      source: formatMac(view.source),
      etherType: readU16(view.bytes, view.start + 12),
    },
  ];
  for (let index = 0; index < view.tagCount; index++) {
    const control = view.tagControl(index);
    layers.push({
      type: 'vlan',
      vlanId: control & 0xfff,
      priority: control >>> 13,
      dropEligible: (control & 0x1000) !== 0,
      etherType: readU16(view.bytes, view.start + ETHERNET_HEADER_LENGTH + VLAN_TAG_LENGTH * index + 2),
    });
  }
  return layers;
}

/** Writes 14 bytes. `implied` is the EtherType that the next layer asks for. */
export function emitEthernet(
  layer: EthernetInit,
  bytes: Uint8Array,
  start: number,
  implied: number | undefined,
): void {
  writeU48(bytes, start, macNumber(layer.destination, 'ethernet.destination'));
  writeU48(bytes, start + 6, macNumber(layer.source, 'ethernet.source'));
  writeU16(bytes, start + 12, settleEtherType(layer, implied));
}

/** Writes 4 bytes. */
export function emitVlan(
  layer: VlanInit,
  bytes: Uint8Array,
  start: number,
  implied: number | undefined,
): void {
  const control =
    (unsigned(layer.priority ?? 0, 3, 'vlan.priority') << 13) |
    (layer.dropEligible === true ? 0x1000 : 0) |
    unsigned(layer.vlanId, 12, 'vlan.vlanId');
  writeU16(bytes, start, control);
  writeU16(bytes, start + 2, settleEtherType(layer, implied));
}

/** Any tag protocol identifier may announce a VLAN layer; other layers have exactly one EtherType. */
function settleEtherType(layer: EthernetInit | VlanInit, implied: number | undefined): number {
  const field = `${layer.type}.etherType`;
  const value = layer.etherType ?? implied;
  if (value === undefined) throw fieldError('missing-field', field, 'is needed before this layer');
  if (implied !== undefined && value !== implied && !(isVlanTag(implied) && isVlanTag(value))) {
    throw fieldError('bad-value', field, 'contradicts the next layer', 'leave it out, and it is filled in');
  }
  return unsigned(value, 16, field);
}
