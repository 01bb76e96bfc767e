import type { HostPort } from '../client/quic/binding.js';

/** Addresses of one client that are known at a time: the one in use, those it left, and one that it tries. */
const LABELS = 4;

/**
 * What quiche is told instead of a client's addresses. It keeps every path of a client that gives itself no connection IDs, and
 * takes no eighth; with labels that are used again a client may hop as long as it likes. (A label that was validated once
 * counts as validated for the next address: what authenticates a client here is its packets.)
 */
export class ClientLabels {
  private readonly host: string;
  /** The least recently heard first. */
  private known: { label: HostPort; real: HostPort }[] = [];

  constructor(first: HostPort) {
    this.host = first.host.includes(':') ? '2001:db8::2' : '192.0.2.2';
    this.labelOf(first);
  }

  /** Label of the address that a datagram came from; takes over that of the one that was silent longest. */
  labelOf(real: HostPort): HostPort {
    let entry = this.known.find(({ real: { host, port } }) => port === real.port && host === real.host);
    if (entry === undefined) {
      const label =
        this.known.length < LABELS
          ? { host: this.host, port: this.known.length + 1 }
          : this.known.shift()!.label;
      entry = { label, real };
      this.known.push(entry);
    } else if (entry !== this.known.at(-1)) {
      this.known = [...this.known.filter(other => other !== entry), entry];
    }
    return entry.label;
  }

  /** Where what is for a label goes. */
  realOf(label: HostPort): HostPort | undefined {
    return this.known.find(({ label: { port } }) => port === label.port)?.real;
  }
}
