import { isAbsolute } from 'node:path';
import { named } from '../column.js';
import { OvsdbError } from '../errors.js';
import type { CallOptions } from '../json-rpc.js';
import { type ApplyOptions, applyTransaction } from './applied.js';
import type { OpenVswitchDatabase } from './schema.js';

/** PEM files, on the switch's machine, with which ovs-vswitchd takes part in `ssl:` connections. */
export interface SwitchCertificates {
  privateKey: string;
  certificate: string;
  caCertificate: string;
  /** Trust the authority that the first connection shows, and keep it in `caCertificate`. */
  bootstrapCa: boolean;
}

export async function getCertificates(
  database: OpenVswitchDatabase,
  options?: CallOptions,
): Promise<SwitchCertificates | undefined> {
  const [row] = await database.select('SSL', [], undefined, options);
  if (row === undefined) return undefined;
  return {
    privateKey: row.private_key,
    certificate: row.certificate,
    caCertificate: row.ca_cert,
    bootstrapCa: row.bootstrap_ca_cert,
  };
}

/** Sets the certificates of the whole switch; the old ones are replaced. Paths must be absolute. */
export async function setCertificates(
  database: OpenVswitchDatabase,
  certificates: Omit<SwitchCertificates, 'bootstrapCa'> & { bootstrapCa?: boolean },
  options: ApplyOptions = {},
): Promise<void> {
  const { privateKey, certificate, caCertificate, bootstrapCa = false } = certificates;
  for (const path of [privateKey, certificate, caCertificate]) {
    if (!isAbsolute(path))
      throw new OvsdbError('bad-value', `the certificate file '${path}' is no absolute path`);
  }
  await applyTransaction(
    database,
    [
      {
        op: 'insert',
        table: 'SSL',
        row: {
          private_key: privateKey,
          certificate,
          ca_cert: caCertificate,
          bootstrap_ca_cert: bootstrapCa,
        },
        name: 'ssl',
      },
      { op: 'update', table: 'Open_vSwitch', where: [], row: { ssl: named('ssl') } },
      { op: 'comment', comment: 'cloakflow: set certificates' },
    ],
    options,
  );
}

export async function removeCertificates(
  database: OpenVswitchDatabase,
  options: ApplyOptions = {},
): Promise<void> {
  await applyTransaction(
    database,
    [
      { op: 'update', table: 'Open_vSwitch', where: [], row: { ssl: undefined } },
      { op: 'comment', comment: 'cloakflow: remove certificates' },
    ],
    options,
  );
}
