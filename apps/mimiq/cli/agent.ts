import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write } from '../../../controller/cli/invocation.js';
import { DEFAULT_SOCKET } from '../client/agent-messages.js';

interface AgentCommandOptions {
  interface: string;
  family: string;
  stock: string;
  socket: string;
  service?: string;
  port: string;
  user: string;
  group?: string;
  perUser: string;
}

export function defineMimiqAgent(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('agent')
    .summary("keep ephemeral addresses ready for this machine's applications, until it is told to end")
    .description(
      "keep ephemeral addresses ready for this machine's applications. It asks the network for them, puts them on the " +
        'interface so that only those use them who ask for them, and hands them out on a unix socket. Started as root it ' +
        'goes on as --user; one `ip` process keeps the right to change addresses. Prints `ready` once it serves; the log ' +
        'goes to standard error. SIGINT and SIGTERM end it and give the addresses back.',
    )
    .requiredOption('--interface <name>', 'interface towards the network')
    .option('--family <4|6|46>', 'which addresses', '6')
    .option('--stock <n>', 'addresses to keep ready, of each family', '16')
    .option('--socket <path>', 'where applications connect', DEFAULT_SOCKET)
    .option('--service <address>', 'where the network takes requests (default: fe80::1 on the interface)')
    .option('--port <n>', 'and at which UDP port', '4870')
    .option('--user <name>', 'who it goes on as', 'nobody')
    .option('--group <name>', "whose members may ask for addresses (default: all of the machine's users)")
    .option('--per-user <n>', 'addresses that the applications of one user may have together', '32');
  withExamples(command, [
    ['cloakflow mimiq agent --interface eth0', 'IPv6 addresses'],
    ['cloakflow mimiq agent --interface eth0 --family 4 --service 169.254.48.70', 'IPv4 addresses'],
    ['cloakflow mimiq agent --interface eth0 --group mimiq --per-user 8', 'for the members of a group'],
  ]);
  command.action(async (options: AgentCommandOptions) => {
    const { startAgent } = await import('../agent/start-agent.js');
    const { AgentError } = await import('../agent/agent-error.js');
    const { controllerLogger } = await import('../../../controller/cli/logger.js');
    const { untilSignal } = await import('../../../controller/cli/signals.js');
    const whole = (text: string, name: string, max: number) => {
      const value = Number(text);
      if (Number.isInteger(value) && value >= 1 && value <= max) return value;
      throw new AgentError('bad-option', `${name} is a whole number from 1 to ${max}`);
    };
    const families = ({ 4: [4], 6: [6], 46: [4, 6] } as const)[options.family];
    if (families === undefined) throw new AgentError('bad-option', '--family is 4, 6 or 46');
    const { logger, flush } = controllerLogger('info', invocation);
    const signal = untilSignal(flush);
    invocation.outlivesReader = true;
    try {
      const agent = await startAgent({
        interface: options.interface,
        families,
        stock: whole(options.stock, '--stock', 48),
        socket: options.socket,
        service: {
          host: options.service ?? `fe80::1%${options.interface}`,
          port: whole(options.port, '--port', 65_535),
        },
        user: process.getuid?.() === 0 ? options.user : undefined,
        group: options.group,
        perUser: whole(options.perUser, '--per-user', 4096),
        log: (event, fields) => logger.warn({ id: `mimiq-agent-${event}`, ...fields }),
      });
      await write(invocation.stdout, 'ready\n');
      const failure = await Promise.race([signal.ended.then(() => undefined), agent.failed]);
      await agent.close();
      if (failure !== undefined) throw failure;
    } finally {
      signal.dispose();
      flush();
    }
  });
}
