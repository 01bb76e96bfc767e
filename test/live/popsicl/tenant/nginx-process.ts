import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { RunningCommand, until } from '../../../../mininet/driver/index.js';
import { freePort } from '../../../simulator/free-port.js';
import { temporaryFolder, write } from './pseudonym-kit.js';
import { visit } from './tls-client.js';

export function hasNginx(): boolean {
  return spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0;
}

/** A certificate for servers that are no pseudonym's, made by openssl. */
export function selfSigned(folder: string, name: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const words = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  spawnSync('openssl', [...words, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

/** A real nginx with a configuration of its own, one worker. */
export class NginxProcess implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  private readonly command: RunningCommand;

  private constructor(folder: string, port: number, command: RunningCommand) {
    this.folder = folder;
    this.port = port;
    this.command = command;
  }

  /** `http` is what stands in the http block, given the port and the folder. `main` stands above it. */
  static async start(
    http: (port: number, folder: string) => string,
    options: { main?: string; folder?: string; environment?: NodeJS.ProcessEnv } = {},
  ): Promise<NginxProcess> {
    const folder = options.folder ?? temporaryFolder();
    chmodSync(folder, 0o755);
    const port = await freePort();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map(kind => `${kind}_temp_path ${folder}/${kind};`)
      .join('\n');
    const config = write(
      folder,
      'nginx.conf',
      `${options.main ?? ''}
       daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log info; user root;
       events { worker_connections 256; }
       http { access_log off; ssl_protocols TLSv1.2 TLSv1.3; ${temporary} ${http(port, folder)} }`,
    );
    const command = await RunningCommand.spawn(['nginx', '-c', config, '-p', folder], {
      env: { ...process.env, ...options.environment },
    });
    await until('nginx listens', async () => {
      if (command.exit) throw new Error(`nginx ended: ${command.stderr}`);
      return (await visit({ port })).refusal !== `connect ECONNREFUSED 127.0.0.1:${port}`;
    });
    return new NginxProcess(folder, port, command);
  }

  get pid(): number {
    return this.command.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command.stop('SIGTERM');
  }
}
