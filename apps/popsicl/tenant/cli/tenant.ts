import type { Command } from 'commander';
import type { Invocation } from '../../../../controller/cli/invocation.js';
import { defineAgent } from './agent.js';
import { defineEnrol } from './enrol.js';
import { defineWeb } from './web.js';

/** `cloakflow tenant …`: one file a command. */
export function defineTenant(program: Command, invocation: Invocation): void {
  const tenant = program
    .command('tenant')
    .description('servers that clients reach by pseudonyms')
    .helpCommand(false);
  defineAgent(tenant, invocation);
  defineEnrol(tenant, invocation);
  defineWeb(tenant, invocation);
}
