import type { Command } from 'commander';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { defineMimiqAgent } from './agent.js';
import { defineAliases } from './aliases.js';
import { defineAudit } from './audit.js';
import { defineAuditKey } from './audit-key.js';
import { defineExit } from './exit.js';
import { defineFetch } from './fetch.js';
import { defineLeases } from './leases.js';
import { definePools } from './pools.js';
import { defineProxy } from './proxy.js';
import { defineTunnel } from './tunnel.js';

/** `cloakflow mimiq …`: one file a command. */
export function defineMimiq(program: Command, invocation: Invocation): void {
  const mimiq = program
    .command('mimiq')
    .description('ephemeral addresses for the clients of a network')
    .helpCommand(false);
  defineLeases(mimiq, invocation);
  defineAliases(mimiq, invocation);
  definePools(mimiq, invocation);
  defineAuditKey(mimiq, invocation);
  defineAudit(mimiq, invocation);
  defineMimiqAgent(mimiq, invocation);
  defineFetch(mimiq, invocation);
  defineProxy(mimiq, invocation);
  defineTunnel(mimiq, invocation);
  defineExit(mimiq, invocation);
}
