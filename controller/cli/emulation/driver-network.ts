import type { EmulatedNetwork } from '../../../mininet/driver/index.js';
import type { ShellLink, ShellNetwork } from './shell-network.js';

const PING_SECONDS = '2';

/**
 * The shell's view of a network that the driver built.
 *
 * @param interactive whether commands in hosts may read from this process's terminal
 */
export function driverNetwork(
  network: EmulatedNetwork,
  interactive: boolean,
  flows: ShellNetwork['flows'],
): ShellNetwork {
  const isUp = network.links.map(() => true);
  return {
    hosts: [...network.hosts.values()].map(host => ({
      name: host.name,
      addresses: [...new Set([host.ip, ...host.addresses])].filter(address => address !== ''),
    })),
    switches: [...network.switches.values()].map(({ name, datapathId }) => ({ name, datapathId })),
    links(): ShellLink[] {
      return network.links.map(({ ends }, index) => ({ a: ends[0].node, b: ends[1].node, up: isUp[index]! }));
    },
    async setLink(a, b, up) {
      const link = network.link(a, b);
      await (up ? link.up() : link.down());
      isUp[network.links.indexOf(link)] = up;
    },
    async runIn(host, command, signal) {
      // Standard input holds the shell's further lines where it is no terminal.
      const script = interactive ? command : `exec < /dev/null\n${command}`;
      const running = await network.host(host).spawn(['sh', '-c', script], { signal, stdio: 'inherit' });
      return (await running.exited).exitCode;
    },
    async ping(host, address, signal) {
      const argv = ['ping', '-n', '-q', '-c', '1', '-W', PING_SECONDS, address];
      return (await network.host(host).run(argv, { signal })).exitCode === 0;
    },
    flows,
  };
}
