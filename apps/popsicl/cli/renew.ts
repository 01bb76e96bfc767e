import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { type OperatorOptions, withOperatorOptions } from './operator-options.js';

export function defineRenew(popsicl: Command, invocation: Invocation): void {
  const command = popsicl
    .command('renew')
    .description('let a pseudonym hold for another lifetime; its owner has to do nothing')
    .argument('<pseudonym>', 'the whole name');
  withOperatorOptions(command);
  withExamples(command, [
    ['cloakflow popsicl renew 4o2v…n3.popsicls.example', 'from now on for as long as a new one'],
  ]);
  command.action(async (name: string, options: OperatorOptions) => {
    const { changePseudonym } = await import('./change-pseudonym.js');
    await changePseudonym('renew', name, options, invocation);
  });
}
