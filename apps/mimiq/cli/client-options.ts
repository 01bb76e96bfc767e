import { type Command, Option } from 'commander';
import { DEFAULT_SOCKET } from '../client/agent-messages.js';
import type { MimiqClient } from '../client/client.js';
import type { ClientError } from '../client/client-error.js';

/** How a command of the client gets its addresses and hops. */
export interface ClientCommandOptions {
  agent: string;
  address: string[];
  systemAddress?: boolean;
  strategy: string;
  strategyFor: string[];
  validate: 'before' | 'with-traffic';
  cacert?: string;
  insecure?: boolean;
  resolve: string[];
  ipv4?: boolean;
  ipv6?: boolean;
}

const several = (value: string, before: string[]) => [...before, value];

export function withClientOptions(command: Command): Command {
  return command
    .option(
      '--strategy <strategy>',
      'never, every:N, random:MIN-MAX, once:N (packets), time:MIN-MAX (ms)',
      'every:25',
    )
    .option(
      '--strategy-for <host=strategy>',
      'for this host, or with *.DOMAIN for a domain and all below; the first that matches counts',
      several,
      [],
    )
    .addOption(
      new Option(
        '--validate <when>',
        'an address before traffic moves there, or with the traffic: more hops, and slower',
      )
        .choices(['before', 'with-traffic'])
        .default('before'),
    )
    .option('--agent <path>', 'socket of the agent', DEFAULT_SOCKET)
    .option(
      '--address <address>',
      'hop between these addresses instead of asking the agent; repeatable',
      several,
      [],
    )
    .option('--system-address', "use the system's own address and hide nothing")
    .option('--cacert <file>', 'authorities to trust (PEM)')
    .option('-k, --insecure', 'take any certificate')
    .option('--resolve <host:port:address>', 'address of a host; repeatable', several, [])
    .option('-4, --ipv4', 'IPv4 only')
    .option('-6, --ipv6', 'IPv6 only');
}

/** A client as the options say, and what ends it. Throws ClientError. */
export async function clientFrom(
  options: ClientCommandOptions,
  refused: (error: ClientError) => void,
  more: { connectTimeout?: number } = {},
): Promise<{ client: MimiqClient; close: () => Promise<void> }> {
  const { readFileSync } = await import('node:fs');
  const { AgentAddresses, ClientError, MimiqClient, parseStrategy, StaticAddresses, SystemAddresses } =
    await import('../client/index.js');
  const agent = new AgentAddresses(options.agent);
  const addresses =
    options.address.length > 0
      ? new StaticAddresses(options.address)
      : options.systemAddress
        ? new SystemAddresses()
        : agent;
  const resolve = new Map<string, string[]>();
  for (const text of options.resolve) {
    const match = /^([^:]+|\[[^\]]+\]):(\d+):(.+)$/.exec(text);
    if (match === null) throw new ClientError('bad-url', '--resolve is HOST:PORT:ADDRESS');
    const list = match[3]!.split(',').map(address => address.replace(/^\[|\]$/g, ''));
    resolve.set(`${match[1]}:${match[2]}`, list);
  }
  const client = new MimiqClient({
    addresses,
    tls: {
      ...(options.cacert !== undefined && { authorities: readFileSync(options.cacert) }),
      insecure: options.insecure === true,
    },
    resolve,
    strategies: {
      default: parseStrategy(options.strategy),
      destinations: options.strategyFor.map(text => {
        const equals = text.lastIndexOf('=');
        if (equals < 1) throw new ClientError('bad-strategy', '--strategy-for is HOST=STRATEGY');
        return { host: text.slice(0, equals), strategy: parseStrategy(text.slice(equals + 1)) };
      }),
    },
    validate: options.validate,
    ...(options.ipv4 && { family: 4 as const }),
    ...(options.ipv6 && { family: 6 as const }),
    refused,
    ...more,
  });
  return {
    client,
    close: async () => {
      await client.close();
      agent.close();
    },
  };
}
