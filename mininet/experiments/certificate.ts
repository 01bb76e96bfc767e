import { join } from 'node:path';
import { runCommand } from '../driver/index.js';

/** Makes a key and a self-signed certificate (P-256) for the names in the folder. */
export async function selfSigned(folder: string, name: string, addresses: readonly string[] = []) {
  const files = { key: join(folder, `${name}.key`), certificate: join(folder, `${name}.pem`) };
  const names = [`DNS:${name}`, ...addresses.map(address => `IP:${address}`)].join(',');
  await runCommand(
    [
      ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`],
      ...['-keyout', files.key, '-out', files.certificate],
    ],
    { check: true },
  );
  return files;
}
