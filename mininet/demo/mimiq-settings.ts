export interface MimiqSettingsOptions {
  store: string;
  tunnel?: 'vxlan' | 'gre' | 'geneve';
  /** OVSDB endpoint of a switch; with it the app makes the tunnel ports. */
  ovsdb?: ((name: string) => string) | undefined;
  /** Bytes of the longest packet of a client. */
  mtu?: number | undefined;
  /** For clients that hop fast: as many addresses as they like, and t_remove in seconds. */
  removeAfter?: number;
  limits?: object;
}

const SWITCHES = {
  edge1: {
    datapathId: 'e1',
    underlay: '10.99.0.1',
    outside: {
      port: 1,
      mac: '02:c1:0a:e1:00:01',
      addresses: ['192.0.2.1', '2001:db8:e1::1'],
      nextHop: ['192.0.2.2', '2001:db8:e1::2'],
    },
  },
  edge2: {
    datapathId: 'e2',
    underlay: '10.99.0.2',
    outside: {
      port: 1,
      mac: '02:c1:0a:e2:00:01',
      addresses: ['192.0.2.5', '2001:db8:e2::1'],
      nextHop: ['192.0.2.6', '2001:db8:e2::2'],
    },
  },
  access1: { datapathId: 'a1', underlay: '10.99.0.11', clients: [1, 2], exit: 'edge1' },
  access2: { datapathId: 'a2', underlay: '10.99.0.12', clients: [1, 2], exit: 'edge1' },
  access3: { datapathId: 'a3', underlay: '10.99.0.13', clients: [1, 2, 3], exit: 'edge2' },
};

/** Limits of an allocator whose clients change their address many times a second. */
export const FAST_HOPPING = {
  limits: { perClient: 8192, perPort: 8192, requestsPerSecond: 500, burst: 500 },
  removeAfter: 2,
} as const;

/** The settings of the app `mimiq` for `topologies/mimiq.yaml`, for demonstration and tests. */
export function mimiqSettings(options: MimiqSettingsOptions): object {
  const { ovsdb, mtu, removeAfter, limits } = options;
  const switches = Object.entries(SWITCHES).map(([name, sw]) => [
    name,
    ovsdb === undefined ? sw : { ...sw, ovsdb: ovsdb(name) },
  ]);
  return {
    switches: Object.fromEntries(switches),
    ...(mtu === undefined ? {} : { mtu }),
    tunnel: { type: options.tunnel ?? 'vxlan' },
    allocator: {
      store: options.store,
      ipv4: [{ prefix: '10.64.0.0/16', gateway: '10.64.0.1' }],
      ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }],
      ...(removeAfter !== undefined && { removeAfter }),
      ...(limits && { limits }),
    },
  };
}
