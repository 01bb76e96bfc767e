import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';

interface ExitCommandOptions {
  listen: string;
  cert: string;
  key: string;
  tokenFile: string;
  allowPrivate?: boolean;
  json?: boolean;
}

export function defineExit(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('exit')
    .summary('the far end of tunnels, outside the network, until it is told to end')
    .description(
      'the far end of tunnels, outside the network: opens TCP connections for those who show the token, by CONNECT over HTTP/3, ' +
        'while their addresses change. Prints where it listens. SIGINT and SIGTERM end it.',
    )
    .requiredOption('--cert <file>', 'certificate (PEM)')
    .requiredOption('--key <file>', 'its key (PEM)')
    .requiredOption('--token-file <file>', 'what clients must show')
    .option('--listen <[host:]port>', 'UDP address to listen on', '0.0.0.0:4433')
    .option('--allow-private', 'take clients to private addresses, too')
    .option('--json', 'print as JSON');
  withExamples(command, [
    ['cloakflow mimiq exit --cert exit.pem --key exit.key --token-file token', 'for tunnels over IPv4'],
    [
      "cloakflow mimiq exit --listen '[::]:443' --cert exit.pem --key exit.key --token-file token",
      'over both',
    ],
  ]);
  command.action(async (options: ExitCommandOptions) => {
    const { startExit } = await import('../exit/exit.js');
    const { readToken, readPem, parseListen } = await import('./tunnel-options.js');
    const { untilSignal } = await import('../../../controller/cli/signals.js');
    const { host, port } = parseListen(options.listen, '0.0.0.0');
    const exit = await startExit({
      host,
      port,
      certificate: readPem(options.cert),
      key: readPem(options.key),
      token: readToken(options.tokenFile),
      allowPrivate: options.allowPrivate === true,
    });
    const signal = untilSignal(() => undefined);
    invocation.outlivesReader = true;
    if (options.json) await writeJson(invocation, { host, port: exit.port });
    else await write(invocation.stdout, `listening on UDP port ${exit.port}\n`);
    await signal.ended;
    await exit.close();
    signal.dispose();
  });
}
