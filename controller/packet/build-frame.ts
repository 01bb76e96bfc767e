/**
 * Plain layers to frames. Lengths, checksums and the numbers that say what follows are filled in where they
 * are left out. Fails with PacketError only (`bad-value`, `missing-field`, `bad-layer-order`).
 */
import { EtherType } from './ether-type.js';
import { emitEthernet, emitVlan, VLAN_TAG_LENGTH } from './ethernet.js';
import { ETHERNET_HEADER_LENGTH } from './ethernet-view.js';
import { byteString, fieldError } from './field-check.js';
import type { LayerInit, LayerType } from './layer.js';
import { emitLldp, lldpLength } from './lldp.js';

const MAX_FRAME = 0x1_0000;

const ETHER_TYPES: Partial<Record<LayerType, number>> = {
  vlan: EtherType.VLAN,
  lldp: EtherType.LLDP,
};

/** The bytes of a frame, or of any part of one: the first layer need not be Ethernet. Nothing is padded. */
export function buildFrame(layers: readonly LayerInit[]): Uint8Array {
  const starts: number[] = [];
  let length = 0;
  for (const layer of layers) {
    starts.push(length);
    length += layerLength(layer);
  }
  const bytes = new Uint8Array(length);
  for (const [index, layer] of layers.entries()) emitLayer(layer, bytes, starts[index]!, layers[index + 1]);
  return bytes;
}

function layerLength(layer: LayerInit): number {
  switch (layer.type) {
    case 'ethernet':
      return ETHERNET_HEADER_LENGTH;
    case 'vlan':
      return VLAN_TAG_LENGTH;
    case 'lldp':
      return lldpLength(layer);
    case 'payload':
    case 'trailer':
      return byteString(layer.data, MAX_FRAME, `${layer.type}.data`).length;
    default:
      throw fieldError('bad-value', 'layer.type', 'is no known layer');
  }
}

function emitLayer(layer: LayerInit, bytes: Uint8Array, start: number, next: LayerInit | undefined): void {
  switch (layer.type) {
    case 'ethernet':
      emitEthernet(layer, bytes, start, next && ETHER_TYPES[next.type]);
      break;
    case 'vlan':
      emitVlan(layer, bytes, start, next && ETHER_TYPES[next.type]);
      break;
    case 'lldp':
      emitLldp(layer, bytes, start);
      break;
    case 'payload':
    case 'trailer':
      bytes.set(layer.data, start);
      break;
  }
}
