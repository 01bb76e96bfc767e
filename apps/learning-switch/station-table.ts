/** What `learn` found out. `full`: the station is new and there is no room for it. */
export type Learnt = 'known' | 'new' | 'moved' | 'full';

interface Station {
  port: number;
  seenAt: number;
}

/**
 * Where stations are: (VLAN, MAC address) -> port, of one switch. Bounded; MAC addresses are 48-bit numbers,
 * VLANs their identifier or -1 for none, times whole seconds of any clock.
 */
export class StationTable {
  private readonly vlans = new Map<number, Map<number, Station>>();
  /** The VLAN looked at last, since most packets are of the same one as the packet before. */
  private recentVlan = Number.NaN;
  private recent: Map<number, Station> | undefined;
  private readonly limit: number;
  /** Stations in the table. */
  size = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Port of a station; undefined when it is not known. */
  find(vlan: number, mac: number): number | undefined {
    return this.stationsOf(vlan)?.get(mac)?.port;
  }

  /** A frame of the station came in at `port`. */
  learn(vlan: number, mac: number, port: number, now: number): Learnt {
    let stations = this.stationsOf(vlan);
    if (stations === undefined) {
      stations = new Map();
      this.vlans.set(vlan, stations);
      this.recentVlan = Number.NaN;
    }
    const station = stations.get(mac);
    if (station !== undefined) {
      station.seenAt = now;
      if (station.port === port) return 'known';
      station.port = port;
      return 'moved';
    }
    if (this.size >= this.limit) return 'full';
    stations.set(mac, { port, seenAt: now });
    this.size++;
    return 'new';
  }

  /** Forgets stations that were last seen before `time`. */
  expire(time: number): void {
    this.removeIf(station => station.seenAt < time);
  }

  forgetPort(port: number): void {
    this.removeIf(station => station.port === port);
  }

  clear(): void {
    this.vlans.clear();
    this.recentVlan = Number.NaN;
    this.size = 0;
  }

  private stationsOf(vlan: number): Map<number, Station> | undefined {
    if (vlan !== this.recentVlan) {
      this.recentVlan = vlan;
      this.recent = this.vlans.get(vlan);
    }
    return this.recent;
  }

  private removeIf(isGone: (station: Station) => boolean): void {
    for (const [vlan, stations] of this.vlans) {
      for (const [mac, station] of stations) {
        if (!isGone(station)) continue;
        stations.delete(mac);
        this.size--;
      }
      if (stations.size === 0) this.vlans.delete(vlan);
      this.recentVlan = Number.NaN;
    }
  }
}
