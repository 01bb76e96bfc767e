import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsFiles } from '../../../controller/transport/index.js';

const run = promisify(execFile);

const CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
`;
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export interface Validity {
  /** As openssl-ca(1) takes them: YYYYMMDDHHMMSSZ. */
  from?: string;
  until?: string;
}

/** Whether this machine can make certificates. */
export function hasOpenssl(): Promise<boolean> {
  return run('openssl', ['version']).then(
    () => true,
    () => false,
  );
}

/** A certificate authority in a folder of its own, by openssl. */
export class Authority {
  readonly folder: string;
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(directory: string, name: string): Promise<Authority> {
    const authority = new Authority(join(directory, name));
    await mkdir(authority.folder);
    await writeFile(join(authority.folder, 'ca.cnf'), CONFIG);
    await writeFile(join(authority.folder, 'index.txt'), '');
    await writeFile(join(authority.folder, 'serial'), '01\n');
    const subject = ['-subj', `/CN=${name}`, '-days', '30'];
    await authority.openssl('req', '-x509', ...KEY, ...subject, '-keyout', 'ca.key', '-out', 'ca.pem');
    return authority;
  }

  get certificate(): string {
    return join(this.folder, 'ca.pem');
  }

  /** A new key and a certificate for it; `ca` of the files is this authority. */
  async issue(name: string, validity: Validity = {}): Promise<TlsFiles> {
    const [key, request, certificate] = [`${name}.key`, `${name}.req`, `${name}.pem`];
    await this.openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    const dates = [
      ...(validity.from === undefined ? [] : ['-startdate', validity.from]),
      ...(validity.until === undefined ? [] : ['-enddate', validity.until]),
    ];
    const sign = ['ca', '-batch', '-notext', '-config', 'ca.cnf', '-in', request, '-out', certificate];
    // The authority's index is one file.
    this.turn = this.turn.then(() => this.openssl(...sign, ...dates));
    await this.turn;
    const path = (file: string) => join(this.folder, file);
    return { key: path(key), certificate: path(certificate), ca: this.certificate };
  }

  private async openssl(...args: string[]): Promise<void> {
    await run('openssl', args, { cwd: this.folder });
  }
}

/** What Node's TLS takes in place of file names. */
export async function pem(files: TlsFiles): Promise<{ key: string; cert: string; ca: string }> {
  const [key, cert, ca] = await Promise.all(
    [files.key, files.certificate, files.ca].map(file => readFile(file, 'utf8')),
  );
  return { key: key!, cert: cert!, ca: ca! };
}
