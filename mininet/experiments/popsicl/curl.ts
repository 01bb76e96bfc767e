import type { EmulatedHost } from '../../driver/index.js';
import { ExperimentError } from '../experiment-error.js';
import type { Credential } from './web-tenant.js';

/** An HTTPS server as a client reaches it. */
export interface Target {
  name: string;
  port: number;
  address: string;
  /** PEM file of the only authority that is trusted. */
  authority: string;
  client?: Credential;
  /** Of a pseudonym: what its URLs carry. */
  capability?: string;
  /** By Tor, which listens for SOCKS on the client's loopback. */
  onion?: { name: string; socks: number };
}

export interface Access {
  /** From the first SYN to the last byte. */
  milliseconds: number;
  ok: boolean;
  bytes: number;
}

/** Every access is a connection and a handshake of its own. */
function words({ name, port, address, authority, client, onion }: Target): string[] {
  const shown = address.includes(':') ? `[${address}]` : address;
  const way =
    onion === undefined
      ? ['--resolve', `${name}:${port}:${shown}`]
      : [
          ...['--connect-to', `${name}:${port}:${onion.name}:${port}`],
          ...['--socks5-hostname', `127.0.0.1:${onion.socks}`],
        ];
  return [
    ...way,
    ...['--cacert', authority, '--http1.1', '--no-sessionid'],
    ...(client === undefined ? [] : ['--cert', client.certificate, '--key', client.key]),
    ...[
      '-H',
      'Connection: close',
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{time_total} %{http_code} %{size_download}\\n',
    ],
  ];
}

const urlOf = ({ name, port }: Target, path: string) =>
  `https://${name}${port === 443 ? '' : `:${port}`}${path}`;

/** One access by curl, in a process of its own. @throws ExperimentError `measurement-failed` */
export async function access(
  host: EmulatedHost,
  target: Target,
  path: string,
  signal: AbortSignal,
): Promise<Access> {
  const argv = ['curl', '-m', '60', '-S', ...words(target), urlOf(target, path)];
  const { stdout, stderr } = await host.run(argv, { signal });
  const [one] = accesses(stdout);
  if (one?.ok) return one;
  throw new ExperimentError(
    'measurement-failed',
    `${path}: ${stderr.trim() || stdout.trim() || 'no answer'}`,
  );
}

/** One request that is answered by a redirection. @throws ExperimentError `measurement-failed` */
export async function redirect(
  host: EmulatedHost,
  target: Target,
  path: string,
  signal: AbortSignal,
): Promise<{ milliseconds: number; location: string }> {
  const shown = ['-w', '%{time_total} %{http_code} %{redirect_url}\\n'];
  const argv = ['curl', '-m', '60', '-S', ...words(target), ...shown, urlOf(target, path)];
  const { stdout, stderr } = await host.run(argv, { signal });
  const [, seconds, location] = /^([\d.]+) 30\d (\S+)$/m.exec(stdout) ?? [];
  if (location !== undefined) return { milliseconds: Number(seconds) * 1000, location };
  throw new ExperimentError('measurement-failed', `no redirection: ${stderr.trim() || stdout.trim()}`);
}

/** `count` processes that each make one access, all at once. Milliseconds until the last has ended. */
export async function concurrent(
  host: EmulatedHost,
  targets: readonly Target[],
  path: string,
  count: number,
  signal: AbortSignal,
): Promise<{ milliseconds: number; failed: number }> {
  const lines = Array.from({ length: count }, (_, index) => {
    const target = targets[index % targets.length]!;
    return `${quoted(['curl', '-m', '60', ...words(target), urlOf(target, path)])} &`;
  });
  const script = ['start=$(date +%s%N)', ...lines, 'wait', 'echo took $(( $(date +%s%N) - start ))'].join(
    '\n',
  );
  const { stdout } = await host.run(['sh', '-s'], { input: script, signal });
  const ok = accesses(stdout).filter(one => one.ok).length;
  return { milliseconds: Number(/^took (\d+)$/m.exec(stdout)![1]) / 1e6, failed: count - ok };
}

export interface Load {
  target: Target;
  path: string;
  /** Accesses a second that are begun, by processes that each begin some. */
  rate: number;
  seconds: number;
}

/** Processes begin an access each so often; one that is late begins the next at once. */
const PER_PROCESS = 10;

/** Begins accesses at a rate, from one host, to each target its share. */
export async function offered(
  host: EmulatedHost,
  loads: readonly Load[],
  signal: AbortSignal,
): Promise<{ accesses: Access[]; seconds: number }> {
  const began = performance.now();
  const outputs = await Promise.all(
    loads.flatMap(({ target, path, rate, seconds }) => {
      const processes = Math.max(1, Math.ceil(rate / PER_PROCESS));
      const each = Math.max(1, Math.round((rate * seconds) / processes));
      const perMinute = Math.max(1, Math.round((rate * 60) / processes));
      const argv = ['curl', '-m', '20', '--rate', `${perMinute}/m`, ...words(target)];
      return Array.from({ length: processes }, async (_, index) => {
        // Not all at the same moment.
        const wait = ((index / processes) * 60) / perMinute;
        const script = `sleep ${wait.toFixed(3)}; exec "$@"`;
        const url = `${urlOf(target, path)}?[1-${each}]`;
        return (await host.run(['sh', '-c', script, 'sh', ...argv, url], { signal })).stdout;
      });
    }),
  );
  return { accesses: outputs.flatMap(accesses), seconds: (performance.now() - began) / 1000 };
}

/** Processes that make accesses one after the other for some seconds, as fast as they are answered. */
export async function saturating(
  host: EmulatedHost,
  target: Target,
  path: string,
  { processes, seconds }: { processes: number; seconds: number },
  signal: AbortSignal,
): Promise<Access[]> {
  // Lines are out before the process is ended.
  const argv = ['timeout', String(seconds), 'stdbuf', '-oL', 'curl', ...words(target)];
  const url = `${urlOf(target, path)}?[1-1000000]`;
  const outputs = await Promise.all(
    Array.from({ length: processes }, async () => (await host.run([...argv, url], { signal })).stdout),
  );
  return outputs.flatMap(accesses);
}

function accesses(output: string): Access[] {
  return [...output.matchAll(/^([\d.]+) (\d{3}) (\d+)$/gm)].map(([, seconds, status, bytes]) => ({
    milliseconds: Number(seconds) * 1000,
    ok: status === '200',
    bytes: Number(bytes),
  }));
}

const quoted = (argv: readonly string[]) => argv.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
