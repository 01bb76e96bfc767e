/**
 * Packets: checked views over bytes for the hot path, and plain layers with builders for everything else.
 * Pure: no I/O, no clock, no dependency. Bad bytes give a PacketError and nothing else.
 */
export { buildFrame } from './build-frame.js';
export { EtherType, isVlanTag } from './ether-type.js';
export type { EthernetInit, EthernetLayer, VlanInit, VlanLayer } from './ethernet.js';
export { ETHERNET_HEADER_LENGTH, EthernetView, MAX_VLAN_TAGS } from './ethernet-view.js';
export {
  findLayer,
  type Layer,
  type LayerInit,
  type LayerType,
  type PayloadLayer,
  type TrailerLayer,
} from './layer.js';
export {
  LldpCapability,
  LldpChassisSubtype,
  type LldpInit,
  type LldpLayer,
  LldpPortSubtype,
  type LldpTlv,
  type LldpTlvInit,
} from './lldp.js';
export { LLDP_NEAREST_BRIDGE_MAC, LldpTlvType, LldpView } from './lldp-view.js';
export { PacketError, type PacketErrorCode, type PacketErrorContext } from './packet-error.js';
export { parseFrame } from './parse-frame.js';
