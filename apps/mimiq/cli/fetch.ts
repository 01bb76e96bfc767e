import { type Command, InvalidArgumentError } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { ExitCode } from '../../../controller/cli/exit-codes.js';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { type ClientCommandOptions, clientFrom, withClientOptions } from './client-options.js';

interface FetchOptions extends ClientCommandOptions {
  output?: string;
  remoteName?: boolean;
  request?: string;
  data?: string;
  header: string[];
  include?: boolean;
  head?: boolean;
  fail?: boolean;
  maxTime?: number;
  retry: number;
  verbose?: boolean;
  silent?: boolean;
  json?: boolean;
}

const MAX_SECONDS = 86_400;

export function defineFetch(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('fetch')
    .summary('fetch URLs over a connection that changes its address')
    .description(
      'fetch URLs over HTTP/3 connections that change their address. Options are those of curl where they apply. With ' +
        'several URLs, those of one server share a connection.',
    )
    .argument('<urls...>', 'https: URLs')
    .option('-o, --output <file>', 'write the bodies there')
    .option('-O, --remote-name', 'write each body to a file of the name at the end of its URL')
    .option('-X, --request <method>', 'method')
    .option('-d, --data <data>', 'send this body (POST); @FILE sends a file, @- standard input')
    .option(
      '-H, --header <name: value>',
      'add a header; repeatable',
      (value, before: string[]) => [...before, value],
      [],
    )
    .option('-i, --include', 'print status and headers before the body')
    .option('-I, --head', 'ask for the headers only')
    .option('-f, --fail', 'end with 1 on a status of 400 or more, without the body')
    .option('-m, --max-time <seconds>', 'give up after so long', secondsFrom)
    .option('--retry <n>', 'make a request again that failed, up to n times', timesFrom, 0)
    .option('-v, --verbose', 'tell on standard error what happens, hops too')
    .option('-s, --silent', 'for those used to curl: nothing is told anyway')
    .option('--json', 'print what came of each URL as JSON instead of bodies');
  withClientOptions(command);
  withExamples(command, [
    ['cloakflow mimiq fetch https://www.example.com/', 'with addresses of the agent'],
    [
      'cloakflow mimiq fetch --strategy random:10-50 -o page.html https://www.example.com/',
      'by random intervals',
    ],
    [
      'cloakflow mimiq fetch --address 192.0.2.7 --address 192.0.2.8 -v https://www.example.com/',
      'without an agent',
    ],
  ]);
  command.action(async (urls: string[], options: FetchOptions) => {
    const { FetchOutput } = await import('./fetch-output.js');
    const { ClientError } = await import('../client/index.js');
    const { retry: retries, maxTime } = options;
    const tell = (text: string) => {
      if (options.verbose) invocation.stderr.write(`* ${text}\n`);
    };
    const { client, close } = await clientFrom(options, error => tell(`no hop: ${error.message}`));
    const output = new FetchOutput(options, invocation);
    const signal = maxTime === undefined ? undefined : AbortSignal.timeout(maxTime * 1000);
    const once = async (url: string) => {
      const { body, ...request } = await requestFrom(options, invocation);
      const response = await client.request(url, {
        ...request,
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      });
      tell(`${response.status} from ${new URL(url).host}`);
      if (options.fail && response.status >= 400) invocation.exitCode = ExitCode.FAILED;
      return output.take(url, response);
    };
    try {
      for (const url of urls) {
        for (let attempt = 0; ; attempt++) {
          try {
            await once(url);
            break;
          } catch (error) {
            // What was written cannot be taken back.
            if (!(error instanceof ClientError) || attempt >= retries || output.begun || signal?.aborted)
              throw error;
            tell(`again, since ${error.message}`);
          }
        }
      }
      const hops = await client.hops();
      tell(`${hops.made} hops made, ${hops.refused} not made, ${hops.baselinePackets} packets without them`);
      await output.finish(hops);
    } finally {
      await close();
      await output.close();
    }
  });
}

function secondsFrom(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new InvalidArgumentError(`It is a time of up to ${MAX_SECONDS} seconds.`);
}

function timesFrom(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number.');
}

async function requestFrom(options: FetchOptions, invocation: Invocation) {
  const { ClientError } = await import('../client/index.js');
  const headers = options.header.map((text): [string, string] => {
    const colon = text.indexOf(':');
    if (colon < 1) throw new ClientError('request-malformed', 'a header is NAME: VALUE');
    return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  });
  const body = options.data === undefined ? undefined : await bodyFrom(options.data, invocation);
  if (body !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['content-type', 'application/x-www-form-urlencoded']);
  }
  const method = options.request ?? (options.head ? 'HEAD' : undefined);
  return { headers, body, ...(method !== undefined && { method }) };
}

async function bodyFrom(data: string, invocation: Invocation): Promise<Uint8Array> {
  if (!data.startsWith('@')) return Buffer.from(data);
  if (data === '@-') {
    const chunks: Buffer[] = [];
    for await (const chunk of invocation.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }
  const { readFile } = await import('node:fs/promises');
  return readFile(data.slice(1));
}
