import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import { type ClientCommandOptions, clientFrom, withClientOptions } from './client-options.js';

/** Milliseconds after which a server that does not answer is taken for one that does not speak HTTP/3. */
const HANDSHAKE = 3_000;

interface ProxyCommandOptions extends ClientCommandOptions {
  listen: string;
  exit?: string;
  tokenFile?: string;
  http3: string[];
  verbose?: boolean;
  json?: boolean;
}

export function defineProxy(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('proxy')
    .summary(
      'an HTTP proxy whose requests leave over connections that change their address, until it is told to end',
    )
    .description(
      'an HTTP proxy for applications of this machine. What they ask for as http://HOST/ it fetches over HTTP/3, from https://HOST/, ' +
        'over connections that change their address. Where a server does not speak HTTP/3, and for CONNECT, it uses an exit when one ' +
        'is given; else it refuses, and says why.',
    )
    .option('--listen <[host:]port>', 'TCP address to listen on', '127.0.0.1:8119')
    .option('--exit <url>', 'https: URL of an exit')
    .option('--token-file <file>', 'what the exit asks for')
    .option(
      '--http3 <host[:port]>',
      'speaks HTTP/3: never ask another way; repeatable',
      (value: string, before: string[]) => [...before, value],
      [],
    )
    .option(
      '-v, --verbose',
      'tell on standard error which way each request takes, and of hops that are not made',
    )
    .option('--json', 'print as JSON');
  withClientOptions(command);
  withExamples(command, [
    ['cloakflow mimiq proxy', 'then: http_proxy=http://127.0.0.1:8119 curl http://www.example.com/'],
    [
      'cloakflow mimiq proxy --exit https://exit.example:4433 --token-file token',
      'with CONNECT: https_proxy=http://127.0.0.1:8119 curl https://www.example.com/',
    ],
  ]);
  command.action(async (options: ProxyCommandOptions) => {
    const { ExitTunnel } = await import('../proxy/exit-tunnel.js');
    const { LocalProxy } = await import('../proxy/local-proxy.js');
    const { ExitError } = await import('../exit/exit-error.js');
    const { exitUrl, parseListen, readToken } = await import('./tunnel-options.js');
    const { untilSignal } = await import('../../../controller/cli/signals.js');
    const { host, port } = parseListen(options.listen, '127.0.0.1');
    if ((options.exit === undefined) !== (options.tokenFile === undefined)) {
      throw new ExitError('bad-option', '--exit and --token-file go together');
    }
    const exit = options.exit === undefined ? undefined : exitUrl(options.exit);
    const token = options.tokenFile === undefined ? '' : readToken(options.tokenFile);
    const tell = (text: string) => {
      if (options.verbose) invocation.stderr.write(`${text}\n`);
    };
    const refused = (error: Error) => tell(`no hop: ${error.message}`);
    const { client, close } = await clientFrom(options, refused, { connectTimeout: HANDSHAKE });
    const signal = untilSignal(() => undefined);
    invocation.outlivesReader = true;
    try {
      const tunnel = exit === undefined ? undefined : new ExitTunnel(client, exit, token);
      const proxy = await LocalProxy.listen({ host, port, client, tunnel, http3: options.http3, tell });
      if (options.json) await writeJson(invocation, { host, port: proxy.port });
      else await write(invocation.stdout, `listening on port ${proxy.port}\n`);
      await signal.ended;
      await proxy.close();
    } finally {
      await close();
      signal.dispose();
    }
  });
}
