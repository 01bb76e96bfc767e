import type { Command } from 'commander';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { defineList } from './list.js';
import { defineSni } from './sni.js';

/** `cloakflow popsicl …`: one file a command. */
export function definePopsicl(program: Command, invocation: Invocation): void {
  const popsicl = program.command('popsicl').description('pseudonyms for the servers of a cloud');
  defineList(popsicl, invocation);
  defineSni(popsicl, invocation);
}
