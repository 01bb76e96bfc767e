import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmulationError, type RunningCommand, until } from '../driver/index.js';

export const QUIC_PORT = 4433;
/** What the certificate is for, besides addresses. */
export const QUIC_NAME = 'server.example';
/** It gives up handshakes after ten seconds unless told otherwise; one that loses packet after packet takes longer. */
const PATIENCE = '--handshake-timeout=60s';
const PROGRAMS = ['/usr/sbin/gtlsserver', '/usr/bin/gtlsserver'];

/** Where commands run: a host of an emulated network, or a namespace. */
export interface Place {
  spawn(argv: readonly string[]): Promise<RunningCommand>;
  run(argv: readonly string[]): Promise<{ stdout: string }>;
}

/** Path of Debian's ngtcp2-server; undefined where it is not installed. */
export function quicServerProgram(): string | undefined {
  return PROGRAMS.find(path => existsSync(path));
}

/** An HTTP/3 server that nobody changed for MIMIQ: ngtcp2's, with files and a certificate of its own. */
export class QuicServer {
  /** PEM of the certificate, which is its own authority. */
  readonly authority: string;
  private readonly place: Place;
  private readonly folder: string;
  private running: RunningCommand | undefined;

  /** Writes `files` below `folder`. */
  constructor(
    place: Place,
    folder: string,
    files: Readonly<Record<string, Uint8Array>>,
    addresses: string[],
  ) {
    this.place = place;
    this.folder = folder;
    this.authority = join(folder, 'cert.pem');
    mkdirSync(join(folder, 'www'), { recursive: true });
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, 'www', name), bytes);
    writeCertificate(folder, addresses);
  }

  /** Starts a fresh process, in place of the one before; resolves when it listens. */
  async start(address = '*', options: readonly string[] = []): Promise<void> {
    await this.stop();
    const { folder } = this;
    const files = [join(folder, 'key.pem'), this.authority];
    const argv = [quicServerProgram()!, PATIENCE, ...options, '-q', '-d', join(folder, 'www')];
    this.running = await this.place.spawn([...argv, address, String(QUIC_PORT), ...files]);
    await until('the QUIC server', async () =>
      (await this.place.run(['ss', '-lun'])).stdout.includes(`:${QUIC_PORT} `),
    );
  }

  /** What the process said at last, when it has ended by itself; undefined while it runs. */
  get fault(): string | undefined {
    return this.running?.exit === undefined ? undefined : this.running.stderr.trim().split('\n').at(-1);
  }

  /**
   * Throws when the process started last has ended by itself: a server that died of what a client sent looks like a network
   * that is slow.
   *
   * @throws EmulationError `command-failed`
   */
  check(): void {
    const { fault } = this;
    if (fault !== undefined) throw new EmulationError('command-failed', `the QUIC server died: ${fault}`);
  }

  async stop(): Promise<void> {
    await this.running?.stop('SIGKILL');
    this.running = undefined;
  }
}

/** A certificate for `QUIC_NAME` and `addresses`, and its key, as `cert.pem` and `key.pem`. */
export function writeCertificate(folder: string, addresses: readonly string[]): void {
  const names = [`DNS:${QUIC_NAME}`, ...addresses.map(address => `IP:${address}`)].join(',');
  const subject = ['-subj', `/CN=${QUIC_NAME}`, '-addext', `subjectAltName=${names}`, '-days', '2'];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'ignore' });
}
