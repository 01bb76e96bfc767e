import { Namespace, until } from '../../../../mininet/driver/index.js';
import { RawPort } from './raw-client.js';

const CLIENT_MAC = '02:00:00:00:00:01';
const TENANT_MAC = '02:00:00:00:00:02';

/** A tenant's namespace (interface t0) and one outside (c0), where frames are made by hand; addresses .2 and .9. */
export class TenantLink implements AsyncDisposable {
  readonly tenant: Namespace;
  readonly outside: Namespace;
  /** Where a client that no kernel knows of sends and hears: 10.9.0.1 and fd09::1. */
  readonly ports: { IPv4: RawPort; IPv6: RawPort };

  private constructor(tenant: Namespace, outside: Namespace, ports: { IPv4: RawPort; IPv6: RawPort }) {
    this.tenant = tenant;
    this.outside = outside;
    this.ports = ports;
  }

  static async create(): Promise<TenantLink> {
    const [tenant, outside] = await Promise.all([Namespace.create(), Namespace.create()]);
    try {
      await tenant.script([
        `ip link add t0 address ${TENANT_MAC} type veth peer name c0 address ${CLIENT_MAC} netns ${outside.pid}`,
        'echo 0 > /proc/sys/net/ipv6/conf/t0/disable_ipv6',
        'ip addr add 10.9.0.2/24 dev t0',
        'ip addr add fd09::2/64 dev t0 nodad',
        'ip link set t0 up',
        `ip neigh replace 10.9.0.1 lladdr ${CLIENT_MAC} dev t0 nud permanent`,
        `ip neigh replace fd09::1 lladdr ${CLIENT_MAC} dev t0 nud permanent`,
      ]);
      await outside.script([
        'echo 0 > /proc/sys/net/ipv6/conf/c0/disable_ipv6',
        'ip addr add 10.9.0.9/24 dev c0',
        'ip addr add fd09::9/64 dev c0 nodad',
        'ip link set c0 up',
      ]);
      await until('both ends of the link are up', async () => {
        const states = await Promise.all([
          tenant.run(['ip', 'link', 'show', 't0']),
          outside.run(['ip', 'link', 'show', 'c0']),
        ]);
        return states.every(({ stdout }) => stdout.includes('state UP'));
      });
      const macs = { clientMac: CLIENT_MAC, tenantMac: TENANT_MAC };
      const ports = {
        IPv4: await RawPort.open(outside, 'c0', { client: '10.9.0.1', tenant: '10.9.0.2', ...macs }),
        IPv6: await RawPort.open(outside, 'c0', { client: 'fd09::1', tenant: 'fd09::2', ...macs }),
      };
      return new TenantLink(tenant, outside, ports);
    } catch (error) {
      await Promise.all([tenant.close(), outside.close()]);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.tenant.close(), this.outside.close()]);
  }
}
