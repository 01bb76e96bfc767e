import type { Command } from 'commander';
import { withExamples } from '../examples.js';
import { ExitCode } from '../exit-codes.js';
import type { Invocation } from '../invocation.js';
import { type QueryOptions, withQueryOptions } from '../query-options.js';

export function defineDiff(program: Command, invocation: Invocation): void {
  const command = program
    .command('diff')
    .description(
      'say what the running controller would change if it read its configuration again; exit code 1 when there is something',
    );
  withQueryOptions(command);
  withExamples(command, [['cloakflow diff', 'apps and endpoints that a reload would touch']]);
  command.action(async (options: QueryOptions) => {
    const { adminClient } = await import('../query.js');
    const { showReload } = await import('../reload-text.js');
    const report = await adminClient(options, invocation).previewReload();
    const isSomething = await showReload(report, 'would be', options.json === true, invocation);
    if (isSomething) invocation.exitCode = ExitCode.FAILED;
  });
}

export function defineReload(program: Command, invocation: Invocation): void {
  const command = program
    .command('reload')
    .description(
      'let the running controller read its configuration again and apply what changed; a bad file changes nothing. ' +
        'The signal SIGHUP does the same.',
    );
  withQueryOptions(command);
  withExamples(command, [['cloakflow reload', 'after a change of the file']]);
  command.action(async (options: QueryOptions) => {
    const { adminClient } = await import('../query.js');
    const { showReload } = await import('../reload-text.js');
    const report = await adminClient(options, invocation).reload();
    await showReload(report, 'was', options.json === true, invocation);
  });
}
