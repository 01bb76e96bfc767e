import { findLayer, type Layer, type PayloadLayer, parseFrame } from '../../../controller/packet/index.js';
import { type Capture, capturedFrames } from '../../../mininet/driver/index.js';

const VXLAN_PORT = 4789;
const VXLAN_HEADER = 8;

/** The frames of a capture, in the order in which they passed. Ends the capture. */
export async function framesOf(capture: Capture): Promise<Buffer[]> {
  const result = await capture.stop();
  return [...capturedFrames(await result.bytes())].map(({ frame }) => frame);
}

/** The frame inside a VXLAN packet, and the outer addresses; undefined for other frames. */
export function insideVxlan(frame: Uint8Array): { from: string; to: string; inner: Layer[] } | undefined {
  const layers = parseFrame(frame);
  const udp = findLayer(layers, 'udp');
  if (udp?.destinationPort !== VXLAN_PORT) return undefined;
  const { source, destination } = findLayer(layers, 'ipv4')!;
  const { data } = findLayer(layers, 'payload') as PayloadLayer;
  return { from: source, to: destination, inner: parseFrame(data.subarray(VXLAN_HEADER)) };
}

/** Whether a frame asks for or tells a neighbour. */
export function isNeighbourTalk(layers: readonly Layer[]): boolean {
  if (findLayer(layers, 'arp') !== undefined) return true;
  const type = findLayer(layers, 'icmpv6')?.body.type;
  return type === 'neighbour-solicitation' || type === 'neighbour-advertisement';
}
