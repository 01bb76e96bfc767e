import type { Command } from 'commander';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { defineExpire } from './expire.js';
import { defineInvite } from './invite.js';
import { defineList } from './list.js';
import { defineRegister } from './register.js';
import { defineRenew } from './renew.js';
import { defineRevoke } from './revoke.js';
import { defineSni } from './sni.js';

/** `cloakflow popsicl …`: one file a command. */
export function definePopsicl(program: Command, invocation: Invocation): void {
  const popsicl = program
    .command('popsicl')
    .description('pseudonyms for the servers of a cloud')
    .helpCommand(false);
  defineRegister(popsicl, invocation);
  defineList(popsicl, invocation);
  defineRenew(popsicl, invocation);
  defineRevoke(popsicl, invocation);
  defineExpire(popsicl, invocation);
  defineInvite(popsicl, invocation);
  defineSni(popsicl, invocation);
}
