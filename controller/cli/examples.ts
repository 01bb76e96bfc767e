import type { Command } from 'commander';

export type Example = readonly [line: string, purpose: string];
const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** Adds examples to the help of a command; the reference page shows them too. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  EXAMPLES.set(command, examples);
  const lines = examples.flatMap(([line, purpose]) => [`  # ${purpose}`, `  $ ${line}`]);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? [];
}
