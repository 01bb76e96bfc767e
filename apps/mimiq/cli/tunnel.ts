import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import { type ClientCommandOptions, clientFrom, withClientOptions } from './client-options.js';

interface TunnelCommandOptions extends ClientCommandOptions {
  exit: string;
  tokenFile: string;
  forward: string[];
  json?: boolean;
}

export function defineTunnel(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('tunnel')
    .summary('carry TCP connections over one connection that changes its address, until it is told to end')
    .description(
      'carry TCP connections over one QUIC connection that changes its address, to an exit outside the network (`cloakflow mimiq ' +
        'exit`). An observer sees neither who is connected nor to whom. Prints the ports; what goes wrong goes to standard error.',
    )
    .requiredOption('--exit <url>', 'https: URL of the exit')
    .requiredOption('--token-file <file>', 'what the exit asks for')
    .requiredOption(
      '-L, --forward <[host:]port:target:port>',
      'local port, and where it leads; repeatable',
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
    .option('--json', 'print as JSON');
  withClientOptions(command);
  withExamples(command, [
    [
      'cloakflow mimiq tunnel --exit https://exit.example:4433 --token-file token -L 8022:shell.example:22',
      'then: ssh -p 8022 localhost',
    ],
  ]);
  command.action(async (options: TunnelCommandOptions) => {
    const { ExitTunnel } = await import('../proxy/exit-tunnel.js');
    const { listenForward, parseForward } = await import('../proxy/port-forward.js');
    const { exitUrl, readToken } = await import('./tunnel-options.js');
    const { untilSignal } = await import('../../../controller/cli/signals.js');
    const tell = (error: unknown) => {
      invocation.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    };
    const forwards = options.forward.map(parseForward);
    const exit = exitUrl(options.exit);
    const token = readToken(options.tokenFile);
    const { client, close } = await clientFrom(options, error => tell(`no hop: ${error.message}`));
    const signal = untilSignal(() => undefined);
    invocation.outlivesReader = true;
    try {
      const tunnel = new ExitTunnel(client, exit, token);
      const servers = [];
      for (const forward of forwards) servers.push(await listenForward(forward, tunnel, tell));
      const ports = servers.map((server, index) => ({
        port: (server.address() as { port: number }).port,
        target: forwards[index]!.target,
      }));
      if (options.json) await writeJson(invocation, ports);
      else
        await write(
          invocation.stdout,
          ports.map(({ port, target }) => `port ${port} leads to ${target}\n`).join(''),
        );
      await signal.ended;
      for (const server of servers) server.close();
    } finally {
      await close();
      signal.dispose();
    }
  });
}
