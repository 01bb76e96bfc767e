import { connect, type SecureVersion } from 'node:tls';
import { expect } from 'chai';
import { runCommand } from '../../../../mininet/driver/index.js';

export interface Visit {
  port: number;
  /** SNI; none when absent. */
  name?: string | undefined;
  /** Host header; as SNI when absent. */
  host?: string;
  /** What is asked for; `/` when absent. */
  target?: string;
  client?: { cert: string; key: string } | undefined;
  version?: SecureVersion;
  /** Resume this. */
  session?: Buffer | undefined;
}

export interface Outcome {
  /** Status of the HTTP answer; undefined when there was none. */
  status: number | undefined;
  body: string;
  /** TLS alert of the server, OpenSSL's word for it; `closed` when it only closed. */
  refusal: string | undefined;
  resumed: boolean;
  /** Sessions that the server offered for resumption. */
  sessions: Buffer[];
  /** The server's certificate, DER. */
  certificate: Buffer | undefined;
}

const TIME_LIMIT = 60_000;

/** Opens one TLS connection as a browser would, asks for `/`, and tells what became of it. Trusts every server. */
export function visit({
  port,
  name,
  host = name,
  target = '/',
  client,
  version,
  session,
}: Visit): Promise<Outcome> {
  return new Promise(resolve => {
    const outcome: Outcome = {
      status: undefined,
      body: '',
      refusal: undefined,
      resumed: false,
      sessions: [],
      certificate: undefined,
    };
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ...(name === undefined ? {} : { servername: name }),
      ...client,
      ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
      ...(session === undefined ? {} : { session }),
    });
    let answer = '';
    socket.setTimeout(TIME_LIMIT, () => socket.destroy(new Error('timeout')));
    socket.on('session', offered => outcome.sessions.push(offered));
    socket.on('secureConnect', () => {
      outcome.resumed = socket.isSessionReused();
      outcome.certificate = socket.getPeerX509Certificate()?.raw;
      socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host ?? 'none'}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', chunk => {
      answer += chunk;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      outcome.refusal ??= refusalOf(error);
    });
    socket.on('close', () => {
      const [head, ...rest] = answer.split('\r\n\r\n');
      const status = /^HTTP\/1\.\d (\d+)/.exec(head ?? '')?.[1];
      if (status === undefined) outcome.refusal ??= 'closed';
      else outcome.status = Number(status);
      outcome.body = rest.join('\r\n\r\n');
      resolve(outcome);
    });
  });
}

/** What `openssl s_client` prints for one connection whose standard input is `input`. */
export async function sClient(
  port: number,
  name: string,
  words: readonly string[] = [],
  input = '',
): Promise<string> {
  const argv = ['openssl', 's_client', '-connect', `127.0.0.1:${port}`, '-servername', name, ...words];
  const { stdout, stderr } = await runCommand(argv, { input, timeout: TIME_LIMIT });
  return stdout + stderr;
}

/** `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED` -> `certificate required`; a reset is a close. */
function refusalOf({ code, message }: NodeJS.ErrnoException): string {
  const alert = /ALERT_(.*)$/.exec(code ?? '')?.[1];
  if (alert !== undefined) return alert.toLowerCase().replaceAll('_', ' ');
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'closed' : message;
}

/** Each name has a list of authorities of its own, with its issuer alone. */
export function itNamesOneIssuer(
  version: 'TLSv1.2' | 'TLSv1.3',
  subject: () => { port: number; names: readonly string[] },
): void {
  it('asks for a certificate of one issuer, that of the pseudonym', async () => {
    const { port, names } = subject();
    for (const name of names) {
      const said = await sClient(port, name, [version === 'TLSv1.3' ? '-tls1_3' : '-tls1_2']);
      expect(said).to.match(new RegExp(`Acceptable client certificate CA names\nCN = ${name}\n(?!CN|C =)`));
    }
  });
}
