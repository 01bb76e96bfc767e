import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { type OperatorOptions, withOperatorOptions } from './operator-options.js';

export function defineRevoke(popsicl: Command, invocation: Invocation): void {
  const command = popsicl
    .command('revoke')
    .description(
      'end a pseudonym for good: no new connection is accepted once this returns, and its keys are removed everywhere',
    )
    .argument('<pseudonym>', 'the whole name');
  withOperatorOptions(command);
  withExamples(command, [['cloakflow popsicl revoke 4o2v…n3.popsicls.example', 'its owner lost her key']]);
  command.action(async (name: string, options: OperatorOptions) => {
    const { changePseudonym } = await import('./change-pseudonym.js');
    await changePseudonym('revoke', name, options, invocation);
  });
}
