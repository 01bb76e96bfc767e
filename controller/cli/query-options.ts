import type { Command } from 'commander';

export const ADMIN_OPTION = [
  '--admin <path>',
  'admin socket of the controller (else $CLOAKFLOW_ADMIN, /run/cloakflow/admin.sock for root, ' +
    '$XDG_RUNTIME_DIR/cloakflow/admin.sock)',
] as const;
export const JSON_OPTION = ['--json', 'print JSON; errors too, on standard error'] as const;

export interface QueryOptions {
  json?: boolean;
  admin?: string;
}

/** Adds what every command that asks a running controller takes. */
export function withQueryOptions(command: Command): Command {
  return command.option(...JSON_OPTION).option(...ADMIN_OPTION);
}
