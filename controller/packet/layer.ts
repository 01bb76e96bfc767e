/** The plain layers of a frame, outermost first: what `parseFrame` gives and what `buildFrame` takes. */
import type { EthernetInit, EthernetLayer, VlanInit, VlanLayer } from './ethernet.js';
import type { LldpInit, LldpLayer } from './lldp.js';

/** What the layer before it carries. */
export interface PayloadLayer {
  type: 'payload';
  data: Uint8Array;
}

/** Bytes of the frame after the end of its network packet, such as padding to 60 bytes. Always last. */
export interface TrailerLayer {
  type: 'trailer';
  data: Uint8Array;
}

export type LayerInit = EthernetInit | VlanInit | LldpInit | PayloadLayer | TrailerLayer;
export type Layer = EthernetLayer | VlanLayer | LldpLayer | PayloadLayer | TrailerLayer;
export type LayerType = Layer['type'];

/** The first layer of that type. */
export function findLayer<Type extends LayerType>(
  layers: readonly Layer[],
  type: Type,
): Extract<Layer, { type: Type }> | undefined {
  return layers.find((layer): layer is Extract<Layer, { type: Type }> => layer.type === type);
}
