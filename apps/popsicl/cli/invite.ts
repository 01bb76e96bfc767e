import { type Command, InvalidArgumentError } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import { type OperatorOptions, withOperatorOptions } from './operator-options.js';

const DAY_MINUTES = 24 * 60;

export function defineInvite(popsicl: Command, invocation: Invocation): void {
  const command = popsicl
    .command('invite')
    .description(
      'print a token with which the agent of a tenant gets its credentials from the controller, once: ' +
        '`cloakflow tenant agent --enrol`',
    )
    .argument('<domain>', 'domain of the tenant, as in the configuration')
    .option('--minutes <number>', 'how long the token is good, a day at most', minutes, 60);
  withOperatorOptions(command);
  withExamples(command, [
    ['cloakflow popsicl invite shop.example', 'hand the token over by a way that others cannot read'],
    ['cloakflow popsicl invite shop.example --minutes 5 --json', 'for programs, with its end'],
  ]);
  command.action(async (domain: string, options: OperatorOptions & { minutes: number }) => {
    const { adminClient } = await import('../../../controller/cli/query.js');
    const parameters = { domain, minutes: options.minutes };
    const answer = await adminClient(options, invocation).callApp(options.instance, 'invite', parameters);
    const { token } = answer as { token: string };
    if (options.json) return writeJson(invocation, answer);
    await write(invocation.stdout, `${token}\n`);
  });
}

function minutes(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= DAY_MINUTES) return number;
  throw new InvalidArgumentError(`a number from 1 to ${DAY_MINUTES} is wanted`);
}
