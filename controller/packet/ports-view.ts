import { readU16 } from './byte-order.js';
import { TransportView } from './transport-view.js';

/** What TCP and UDP views share: their first four bytes are ports. */
export abstract class PortsView extends TransportView {
  get sourcePort(): number {
    return readU16(this.bytes, this.start);
  }

  set sourcePort(port: number) {
    this.rewrite16(0, port);
  }

  get destinationPort(): number {
    return readU16(this.bytes, this.start + 2);
  }

  set destinationPort(port: number) {
    this.rewrite16(2, port);
  }
}
