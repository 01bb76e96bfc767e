import type { Command } from 'commander';
import type { OpenVswitchDatabase, TlsFiles } from '../ovsdb/index.js';
import { ExitCode } from './exit-codes.js';
import { CommandError } from './failure.js';

/** Where Debian's packages put the socket of ovsdb-server. */
const DEFAULT_ENDPOINT = 'unix:/var/run/openvswitch/db.sock';

export interface OvsdbOptions {
  ovsdb: string;
  privateKey?: string;
  certificate?: string;
  caCert?: string;
}

/** Adds what every command that speaks OVSDB takes. */
export function withOvsdbOptions(command: Command): Command {
  return command
    .option(
      '--ovsdb <endpoint>',
      'OVSDB server of the switch: unix:FILE, tcp:HOST[:PORT] or ssl:HOST[:PORT]',
      DEFAULT_ENDPOINT,
    )
    .option('--private-key <file>', 'PEM file of our private key, for ssl:')
    .option('--certificate <file>', 'PEM file of our certificate, for ssl:')
    .option('--ca-cert <file>', "PEM file of the authority that signed the server's certificate, for ssl:");
}

/** Opens the database, does `work` with it and closes it. An unreachable one is a missing prerequisite. */
export async function withDatabase<T>(
  options: OvsdbOptions,
  work: (database: OpenVswitchDatabase) => Promise<T>,
): Promise<T> {
  const { openOpenVswitch } = await import('../ovsdb/index.js');
  return translateErrors(async () => {
    const database = await openOpenVswitch(options.ovsdb, { tls: tlsFiles(options) });
    try {
      return await work(database);
    } finally {
      database.client.close();
    }
  });
}

/** The three PEM files; undefined when none is named. Throws CommandError `usage` when only some are. */
export function tlsFiles(options: OvsdbOptions): TlsFiles | undefined {
  const { privateKey, certificate, caCert } = options;
  if (privateKey !== undefined && certificate !== undefined && caCert !== undefined) {
    return { privateKey, certificate, caCertificate: caCert };
  }
  if (privateKey === undefined && certificate === undefined && caCert === undefined) return undefined;
  throw new CommandError('usage', '--private-key, --certificate and --ca-cert go together', {
    exitCode: ExitCode.USAGE,
  });
}

/** Gives errors of the OVSDB client the exit codes of the command line. */
export async function translateErrors<T>(work: () => Promise<T>): Promise<T> {
  const { OvsdbError } = await import('../ovsdb/errors.js');
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    const { code, message, mend } = error;
    const exitCode =
      code === 'connect-failed'
        ? ExitCode.MISSING_PREREQUISITE
        : code === 'bad-endpoint'
          ? ExitCode.USAGE
          : ExitCode.FAILED;
    throw new CommandError(code, message, {
      ...(mend === undefined ? {} : { mend }),
      cause: error,
      exitCode,
    });
  }
}
