import type { Command } from 'commander';
import { ExitCode, exitCodesText } from '../exit-codes.js';
import { CommandError } from '../failure.js';
import { type Invocation, write } from '../invocation.js';

const TOPICS: Readonly<Record<string, () => string>> = { 'exit-codes': exitCodesText };

export function defineHelp(program: Command, invocation: Invocation): void {
  program
    .command('help')
    .description('explain a command, or the topic `exit-codes`')
    .argument('[words...]', 'command or topic')
    .action(async (words: string[]) => {
      const topic = words.length === 1 ? TOPICS[words[0]!] : undefined;
      if (topic === undefined) find(program, words).outputHelp();
      else await write(invocation.stdout, `${topic()}\n`);
    });
}

function find(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const next = command.commands.find(candidate => candidate.name() === word);
    if (next === undefined) {
      throw new CommandError('unknown-command', `there is no command or topic \`${words.join(' ')}\``, {
        mend: 'See `cloakflow help`.',
        exitCode: ExitCode.USAGE,
      });
    }
    command = next;
  }
  return command;
}
