import type { Command } from 'commander';
import { withExamples } from '../examples.js';
import type { Invocation } from '../invocation.js';
import { JSON_OPTION } from '../query-options.js';

export function defineCheck(program: Command, invocation: Invocation): void {
  const command = program
    .command('check')
    .summary('check a configuration and show which tables its apps get')
    .description(
      'check a configuration without running it: every fault with its line and path, or, where there is none, ' +
        'the tables that each app gets. The exit code is 1 when there is a fault. Certificates and keys ' +
        'that it names are read by `run` alone.',
    )
    .argument('[config]', 'configuration file (YAML); the default configuration without one')
    .option(...JSON_OPTION);
  withExamples(command, [
    ['cloakflow check cloakflow.yaml', 'what is wrong with a file, or how its apps share a switch'],
    ["cloakflow check cloakflow.yaml --json | jq '.problems[]'", 'the faults, for a program'],
  ]);
  command.action(async (file: string | undefined, options: { json?: boolean }) => {
    const { checkConfig } = await import('../check-config.js');
    await checkConfig(file, options.json === true, invocation);
  });
}
