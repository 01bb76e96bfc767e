import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../simulator/free-port.js';
import { command } from './command.js';

export const KEY_NAME = 'cloakflow-key';
const ATTEMPTS = 200;
const ATTEMPT_MILLISECONDS = 50;

/** Who may update the zone. */
const POLICY = `update-policy { grant ${KEY_NAME} zonesub A AAAA; };`;

/** BIND's named on a loopback port of its own, primary for a zone that one key may update. */
export class Named {
  readonly port: number;
  readonly secret: Buffer;
  private readonly folder: string;
  private readonly domain: string;
  private process: ChildProcess | undefined;
  /** Its log. */
  output = '';

  private constructor(port: number, secret: Buffer, folder: string, domain: string) {
    this.port = port;
    this.secret = secret;
    this.folder = folder;
    this.domain = domain;
  }

  /** File with the secret, as `tsig-keygen` prints it between the quotes. */
  get secretFile(): string {
    return join(this.folder, 'secret');
  }

  /** Undefined where BIND is not installed. */
  static async start(domain: string, policy = POLICY): Promise<Named | undefined> {
    const isThere = await command('named', ['-v']).then(
      () => true,
      () => false,
    );
    if (!isThere) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-named-'));
    const port = await freePort();
    const secret = randomBytes(32);
    const conf = `
      key "${KEY_NAME}" { algorithm hmac-sha256; secret "${secret.toString('base64')}"; };
      options {
        directory "${folder}"; pid-file none; session-keyfile none;
        listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
        recursion no; dnssec-validation no; managed-keys-directory "${folder}";
      };
      controls { };
      zone "${domain}" { type primary; file "zone"; ${policy} };`;
    const zone = `$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 127.0.0.1\n`;
    await writeFile(join(folder, 'named.conf'), conf);
    await writeFile(join(folder, 'zone'), zone);
    const named = new Named(port, secret, folder, domain);
    await writeFile(named.secretFile, secret.toString('base64'));
    try {
      await named.up();
    } catch (error) {
      await named.stop();
      throw error;
    }
    return named;
  }

  async up(): Promise<void> {
    const running = spawn('named', ['-g', '-4', '-c', join(this.folder, 'named.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process = running;
    running.on('error', () => {});
    running.stderr.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    await this.untilReady(running);
  }

  async down(): Promise<void> {
    const { process: running } = this;
    if (running?.pid === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  /** It takes connections and says nothing, until it is woken. */
  sleep(): void {
    this.process?.kill('SIGSTOP');
  }

  wake(): void {
    this.process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async untilReady(running: ChildProcess): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (running.exitCode !== null) break;
      const { stdout } = await dig(this.port, this.domain, 'SOA', '+time=1', '+tries=1');
      if (stdout.includes('status: NOERROR')) return;
      await new Promise(resolve => setTimeout(resolve, ATTEMPT_MILLISECONDS));
    }
    throw new Error(`named does not answer: ${this.output}`);
  }
}

export function dig(port: number, name: string, type: string, ...options: string[]) {
  return command('dig', ['@127.0.0.1', '-p', String(port), name, type, ...options]);
}
