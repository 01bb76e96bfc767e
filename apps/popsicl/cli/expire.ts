import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import { type OperatorOptions, withOperatorOptions } from './operator-options.js';

export function defineExpire(popsicl: Command, invocation: Invocation): void {
  const command = popsicl
    .command('expire')
    .description('end the pseudonyms whose time is over now, instead of within the next minute');
  withOperatorOptions(command);
  withExamples(command, [['cloakflow popsicl expire', 'also tells parties again that could not be told']]);
  command.action(async (options: OperatorOptions) => {
    const { adminClient } = await import('../../../controller/cli/query.js');
    const answer = await adminClient(options, invocation).callApp(options.instance, 'expire');
    const { expired } = answer as { expired: number };
    if (options.json) return writeJson(invocation, answer);
    await write(invocation.stdout, `${expired} expired\n`);
  });
}
