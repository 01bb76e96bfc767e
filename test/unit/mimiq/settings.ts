/** Settings under which switch 1 is client-facing and an edge at once and knows of switch 2: every kind of flow is there. */
export function everyKindOfSwitch(store: string): object {
  return {
    switches: {
      here: {
        datapathId: '1',
        underlay: '10.99.0.1',
        clients: [1, 2],
        outside: {
          port: 3,
          mac: '02:00:00:00:00:03',
          addresses: ['192.0.2.1', 'fe80::3'],
          nextHop: '02:00:00:00:00:04',
        },
      },
      there: { datapathId: '2', underlay: '10.99.0.2', clients: [1] },
    },
    allocator: {
      store,
      ipv4: [{ prefix: '10.64.0.0/16', gateway: '10.64.0.1' }],
      ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }],
    },
  };
}
