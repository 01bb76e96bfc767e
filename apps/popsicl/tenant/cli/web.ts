import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { withExamples } from '../../../../controller/cli/examples.js';
import { type Invocation, write } from '../../../../controller/cli/invocation.js';
import { TenantError } from '../tenant-error.js';

interface WebFlags {
  readonly upstream: string;
  readonly listen: string;
  readonly domain: string;
  readonly capabilities: string;
  readonly site?: string[];
  readonly pseudonyms?: string;
  readonly decoyCertificate?: string;
  readonly decoyKey?: string;
  readonly defence?: true;
  readonly json?: true;
}

export function defineWeb(tenant: Command, invocation: Invocation): void {
  const command = tenant
    .command('web')
    .summary('put the middleware for tenants before a server of any kind, until told to end')
    .description(
      'put the middleware for tenants before a server of any kind: requests under pseudonyms need their capability, and ' +
        'answers carry it in their links. It stands between what terminates TLS and the server, or terminates it, and passes ' +
        'Host on. Once it ' +
        'is ready it prints one line; SIGINT and SIGTERM end it.',
    )
    .requiredOption('--upstream <url>', 'the server: http://HOST:PORT')
    .option('--listen <host:port>', 'where requests come in', '127.0.0.1:8443')
    .requiredOption('--domain <domain>', 'domain of the cloud')
    .requiredOption('--capabilities <folder>', 'folder that the agent keeps')
    .option(
      '--site <name...>',
      'names of the server without a pseudonym: links to them stay with the pseudonym',
    )
    .option('--pseudonyms <folder>', 'terminate TLS by the certificates that the agent keeps there')
    .option('--decoy-certificate <file>', 'with --pseudonyms: what names get that are not served')
    .option('--decoy-key <file>', 'its key')
    .option('--defence', 'with the traffic-analysis defence')
    .option('--json', 'print the line as JSON');
  withExamples(command, [
    [
      'cloakflow tenant web --upstream http://127.0.0.1:8080 --domain popsicls.example ' +
        '--capabilities /var/lib/cloakflow/pseudonyms --site shop.example',
      'before a server on port 8080',
    ],
    [
      'cloakflow tenant web --upstream http://127.0.0.1:8080 --domain popsicls.example --defence ' +
        '--listen [::]:443 --capabilities /var/lib/cloakflow/pseudonyms --pseudonyms /var/lib/cloakflow/pseudonyms ' +
        '--decoy-certificate /etc/cloakflow/decoy.crt --decoy-key /etc/cloakflow/decoy.key',
      'with TLS and the traffic-analysis defence',
    ],
  ]);
  command.action(async (flags: WebFlags) => {
    const { startWebProxy } = await import('../web/proxy/web-proxy.js');
    const { untilSignal } = await import('../../../../controller/cli/signals.js');
    const { upstream, domain, capabilities, site: sites = [], defence = false } = flags;
    const signal = untilSignal();
    invocation.outlivesReader = true;
    try {
      const at = readListen(flags.listen);
      const tls = await readTls(flags);
      const proxy = await startWebProxy({ ...at, upstream, domain, capabilities, sites, defence, tls });
      const { port } = proxy;
      const line = flags.json ? JSON.stringify({ host: at.host, port }) : `ready: ${at.host}:${port}`;
      await write(invocation.stdout, `${line}\n`);
      await signal.ended;
      await proxy.close();
    } finally {
      signal.dispose();
    }
  });
}

function readListen(text: string): { host: string; port: number } {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new TenantError('bad-configuration', '`--listen` reads HOST:PORT');
}

async function readTls({ pseudonyms: folder, decoyCertificate, decoyKey }: WebFlags) {
  if (folder === undefined && decoyCertificate === undefined && decoyKey === undefined) return undefined;
  if (folder === undefined || decoyCertificate === undefined || decoyKey === undefined) {
    throw new TenantError(
      'bad-configuration',
      '`--pseudonyms`, `--decoy-certificate` and `--decoy-key` go together',
    );
  }
  try {
    const [cert, key] = await Promise.all([readFile(decoyCertificate, 'utf8'), readFile(decoyKey, 'utf8')]);
    return { folder, decoy: { cert, key } };
  } catch {
    throw new TenantError('bad-configuration', 'the files of the decoy cannot be read', {
      mend: 'See docs/how-to/run-a-tenant.md.',
    });
  }
}
