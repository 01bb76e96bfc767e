import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { type Endpoint, formatEndpoint } from './endpoint.js';
import { TransportError } from './transport-error.js';

/** Paths of PEM files. */
export interface TlsFiles {
  /** The controller's private key, not encrypted. */
  readonly key: string;
  /** The controller's certificate, and those between it and its authority. */
  readonly certificate: string;
  /** The certificates of the authorities that sign switches' certificates. */
  readonly ca: string;
}

export interface TlsEvents {
  /** Changed files were taken up. */
  reloaded?(files: TlsFiles): void;
  /** Changed files cannot be used; the last good ones stay in use. */
  failed?(files: TlsFiles, error: TransportError): void;
}

export interface TlsWatchOptions extends TlsEvents {
  /** Milliseconds between two looks at the files. */
  interval?: number;
}

interface Loaded {
  readonly options: SecureContextOptions;
  readonly context: SecureContext;
}

const INTERVAL = 2000;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Who the controller is and whom it believes, from files that may be renewed while it runs: connections made
 * after a renewal use the new files, those that exist are not touched.
 */
export class TlsCredentials {
  readonly files: TlsFiles;
  readonly #events: TlsEvents;
  readonly #renewed = new Set<() => void>();
  #loaded: Loaded;
  #stamp: string;
  #timer: NodeJS.Timeout;
  #turn: Promise<boolean> = Promise.resolve(false);

  private constructor(files: TlsFiles, loaded: Loaded, stamp: string, options: TlsWatchOptions) {
    this.files = files;
    this.#loaded = loaded;
    this.#stamp = stamp;
    this.#events = options;
    this.#timer = setInterval(() => void this.refresh(), options.interval ?? INTERVAL);
    this.#timer.unref();
  }

  /**
   * Reads the files and watches them until `close`. Rejects with TransportError `tls-file-unreadable`,
   * `tls-file-malformed`, `tls-key-mismatch` or `certificate-expired`.
   */
  static async open(files: TlsFiles, options: TlsWatchOptions = {}): Promise<TlsCredentials> {
    const stamp = await stampOf(files);
    return new TlsCredentials(files, await load(files), stamp, options);
  }

  get context(): SecureContext {
    return this.#loaded.context;
  }

  get options(): SecureContextOptions {
    return this.#loaded.options;
  }

  /** Calls `renewed` after every renewal; returns the function that ends that. */
  onRenewed(renewed: () => void): () => void {
    this.#renewed.add(renewed);
    return () => this.#renewed.delete(renewed);
  }

  /** Takes the files up if they have changed; resolves with whether new ones are in use. */
  refresh(): Promise<boolean> {
    this.#turn = this.#turn.then(() => this.#refresh());
    return this.#turn;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#renewed.clear();
  }

  async #refresh(): Promise<boolean> {
    const stamp = await stampOf(this.files);
    if (stamp === this.#stamp) return false;
    this.#stamp = stamp;
    try {
      this.#loaded = await load(this.files);
    } catch (error) {
      this.#events.failed?.(this.files, error as TransportError);
      return false;
    }
    for (const renewed of this.#renewed) renewed();
    this.#events.reloaded?.(this.files);
    return true;
  }
}

/** Changes whenever a file is written or replaced; a missing file is a state like any other. */
async function stampOf(files: TlsFiles): Promise<string> {
  const stamps = [files.key, files.certificate, files.ca].map(file =>
    stat(file, { bigint: true }).then(
      ({ ino, size, mtimeNs }) => `${ino}/${size}/${mtimeNs}`,
      () => 'missing',
    ),
  );
  return (await Promise.all(stamps)).join(' ');
}

async function load(files: TlsFiles): Promise<Loaded> {
  const [key, cert, ca] = await Promise.all([read(files.key), read(files.certificate), read(files.ca)]);
  const [own] = certificatesIn(files.certificate, cert);
  certificatesIn(files.ca, ca);
  if (!own!.checkPrivateKey(privateKeyIn(files.key, key))) {
    const text = `The certificate ${files.certificate} does not belong to the key ${files.key}.`;
    throw new TransportError('tls-key-mismatch', text);
  }
  if (Date.parse(own!.validTo) < Date.now()) {
    throw new TransportError(
      'certificate-expired',
      `The controller's certificate ${files.certificate} expired on ${own!.validTo}.`,
      { mend: 'Have it renewed by its authority.' },
    );
  }
  // Without tickets every connection shows its certificate: none outlives its expiry or its authority.
  const secureOptions = constants.SSL_OP_NO_TICKET;
  const options: SecureContextOptions = { key, cert, ca, minVersion: 'TLSv1.2', secureOptions };
  try {
    return { options, context: createSecureContext(options) };
  } catch (cause) {
    const text = `The files for TLS cannot be used: ${(cause as Error).message}.`;
    throw new TransportError('tls-file-malformed', text, { cause });
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TransportError('tls-file-unreadable', `${file} cannot be read (${code}).`, { cause });
  }
}

function certificatesIn(file: string, text: string): X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? [];
  try {
    if (blocks.length > 0) return blocks.map(block => new X509Certificate(block));
  } catch (cause) {
    throw new TransportError('tls-file-malformed', `${file} holds a damaged certificate.`, { cause });
  }
  throw new TransportError('tls-file-malformed', `${file} holds no certificate in PEM form.`);
}

function privateKeyIn(file: string, text: string) {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    const text = `${file} holds no private key in PEM form, or an encrypted one.`;
    throw new TransportError('tls-file-malformed', text, { cause });
  }
}

/** The error of a TLS endpoint for which no files are known. */
export function noCredentials(endpoint: Endpoint): TransportError {
  const text = `${formatEndpoint(endpoint)} needs a key, a certificate and an authority.`;
  return new TransportError('tls-files-missing', text);
}
