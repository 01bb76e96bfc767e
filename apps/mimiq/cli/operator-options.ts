import type { Command } from 'commander';
import { type QueryOptions, withQueryOptions } from '../../../controller/cli/query-options.js';

export interface OperatorOptions extends QueryOptions {
  instance: string;
}

/** Adds what every command that asks the app of a running controller takes. */
export function withOperatorOptions(command: Command): Command {
  return withQueryOptions(command).option(
    '--instance <name>',
    'name of the app in the configuration',
    'mimiq',
  );
}
