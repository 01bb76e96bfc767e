/**
 * Checksums of a frame whose layers stand in their place, innermost first, since an outer one may cover an inner.
 * Fails with `bad-layer-order` where there is nothing to compute a checksum from.
 */
import { Icmpv4View } from './icmpv4-view.js';
import { Icmpv6View } from './icmpv6-view.js';
import { Ipv4View } from './ipv4-view.js';
import { Ipv6View } from './ipv6-view.js';
import type { LayerInit } from './layer.js';
import { PacketError } from './packet-error.js';
import { TcpView } from './tcp-view.js';
import { UdpView } from './udp-view.js';

export interface PlacedLayer {
  layer: LayerInit;
  start: number;
  /** Of what the layer carries. */
  end: number;
}

export function fillChecksums(placed: readonly PlacedLayer[], bytes: Uint8Array): void {
  for (let index = placed.length - 1; index >= 0; index--) {
    const { layer, start, end } = placed[index]!;
    switch (layer.type) {
      case 'ipv4':
        fill(layer, new Ipv4View(bytes, start, end));
        break;
      case 'ipv6':
        // It has no checksum; the view checks the order of its extension headers.
        new Ipv6View(bytes, start, end);
        break;
      case 'icmpv4':
        fill(layer, new Icmpv4View(bytes, start, end));
        break;
      case 'icmpv6':
        fill(layer, new Icmpv6View(bytes, start, end), () => addressSumBefore(placed, index, bytes));
        break;
      case 'tcp':
        fill(layer, new TcpView(bytes, start, end), () => addressSumBefore(placed, index, bytes));
        break;
      case 'udp':
        fill(layer, new UdpView(bytes, start, end), () => addressSumBefore(placed, index, bytes));
        break;
    }
  }
}

function fill(
  layer: { checksum?: number },
  view: { checksum: number; computeChecksum(addressSum: number): number },
  addressSum: () => number = () => 0,
): void {
  if (layer.checksum === undefined) view.checksum = view.computeChecksum(addressSum());
}

/** Sum of the addresses of the nearest IP layer before layer `index`. */
function addressSumBefore(placed: readonly PlacedLayer[], index: number, bytes: Uint8Array): number {
  const { type } = placed[index]!.layer;
  for (let outer = index - 1; outer >= 0; outer--) {
    const { layer, start, end } = placed[outer]!;
    if (layer.type !== 'ipv4' && layer.type !== 'ipv6') continue;
    const view = layer.type === 'ipv4' ? new Ipv4View(bytes, start, end) : new Ipv6View(bytes, start, end);
    if (!view.isFragment) return view.addressSum;
    throw new PacketError('bad-layer-order', type, 'a fragment carries only a part of a transport packet', {
      mend: 'build the whole packet, cut its bytes, and give each fragment a payload layer',
    });
  }
  throw new PacketError(
    'bad-layer-order',
    type,
    'has no IP layer before it whose addresses its checksum covers',
    {
      mend: 'put an ipv4 or ipv6 layer before it, or give the checksum',
    },
  );
}
