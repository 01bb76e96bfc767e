/**
 * Frames to plain layers. `buildFrame(parseFrame(bytes))` gives the same bytes. Fails with PacketError only;
 * the work is bounded by the length of the frame.
 */
import { EtherType } from './ether-type.js';
import { parseEthernet } from './ethernet.js';
import { EthernetView } from './ethernet-view.js';
import type { Layer } from './layer.js';
import { parseLldp } from './lldp.js';
import { LldpView } from './lldp-view.js';
import { checkSpan } from './packet-error.js';

/** Plain layers of an Ethernet frame without frame check sequence. Byte fields are subarrays of `bytes`. */
export function parseFrame(bytes: Uint8Array): Layer[] {
  const ethernet = new EthernetView(bytes);
  const layers: Layer[] = parseEthernet(ethernet);
  checkSpan('ethernet', bytes, ethernet.payloadOffset, bytes.length, lengthField(ethernet.etherType));
  const end = parseEthernetPayload(ethernet, layers);
  if (end < bytes.length) layers.push({ type: 'trailer', data: bytes.subarray(end) });
  return layers;
}

function lengthField(etherType: number): number {
  return etherType <= 1500 ? etherType : 0;
}

/** Returns the offset after the payload. */
function parseEthernetPayload(ethernet: EthernetView, layers: Layer[]): number {
  const { bytes, payloadOffset, payloadEnd } = ethernet;
  switch (ethernet.etherType) {
    case EtherType.LLDP: {
      const lldp = new LldpView(bytes, payloadOffset, payloadEnd);
      layers.push(parseLldp(lldp));
      return lldp.end;
    }
    default:
      if (payloadOffset < payloadEnd) {
        layers.push({ type: 'payload', data: bytes.subarray(payloadOffset, payloadEnd) });
      }
      return payloadEnd;
  }
}
