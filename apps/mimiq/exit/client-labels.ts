import type { HostPort } from '../client/quic/binding.js';

/** Addresses of one client that are known at a time: the one in use, those it left, and one that it tries. */
const LABELS = 4;

interface Entry {
  readonly label: HostPort;
  readonly real: HostPort;
  /** Traffic has gone there. */
  used: boolean;
}

/**
 * What quiche is told instead of a client's addresses. It keeps every path of a client that gives itself no connection IDs, and
 * takes no eighth; with labels that are used again a client may hop as long as it likes. (A label that was validated once
 * counts as validated for the next address: what authenticates a client here is its packets.)
 */
export class ClientLabels {
  private readonly host: string;
  /** The least recently heard first. */
  private known: Entry[] = [];
  /** The address in use. */
  private current: Entry;

  constructor(first: HostPort) {
    this.host = first.host.includes(':') ? '2001:db8::2' : '192.0.2.2';
    this.current = this.entryOf(first);
    this.current.used = true;
  }

  /** Label of the address that a datagram came from; takes over that of the one not in use that was silent longest. */
  labelOf(real: HostPort): HostPort {
    return this.entryOf(real).label;
  }

  isCurrent(label: HostPort): boolean {
    return label.port === this.current.label.port;
  }

  /** The client's traffic comes from the address of `label` from now on. */
  moved(label: HostPort): void {
    this.current = this.known.find(entry => entry.label.port === label.port) ?? this.current;
    this.current.used = true;
  }

  /**
   * Where what is for a label goes: its address while the client tries it or uses it. quiche sends what was lost again where it
   * was sent first; from an address that the client has left that goes to the one in use.
   */
  realOf(label: HostPort): HostPort {
    const entry = this.known.find(({ label: { port } }) => port === label.port);
    return (entry === undefined || entry.used ? this.current : entry).real;
  }

  /** Labels of addresses that the client has left. */
  get left(): HostPort[] {
    return this.known.filter(entry => entry.used && entry !== this.current).map(({ label }) => label);
  }

  private entryOf(real: HostPort): Entry {
    let entry = this.known.find(({ real: { host, port } }) => port === real.port && host === real.host);
    if (entry === undefined) {
      entry = { label: this.freeLabel(), real, used: false };
      this.known.push(entry);
    } else if (entry !== this.known.at(-1)) {
      this.known = [...this.known.filter(other => other !== entry), entry];
    }
    return entry;
  }

  private freeLabel(): HostPort {
    if (this.known.length < LABELS) return { host: this.host, port: this.known.length + 1 };
    const oldest = this.known.findIndex(entry => entry !== this.current);
    return this.known.splice(oldest, 1)[0]!.label;
  }
}
