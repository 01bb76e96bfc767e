import type { Command } from 'commander';
import { withExamples } from '../examples.js';
import { ExitCode } from '../exit-codes.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { type OvsdbOptions, withOvsdbOptions } from '../ovsdb-options.js';
import { paletteFor } from '../palette.js';
import { type QueryOptions, withQueryOptions } from '../query-options.js';
import { VSWITCHD_OPTION, type VswitchdOptions } from '../vswitchd-option.js';

interface DoctorOptions extends OvsdbOptions, QueryOptions, VswitchdOptions {
  quiet?: boolean;
}

export function defineDoctor(program: Command, invocation: Invocation): void {
  const command = program
    .command('doctor')
    .description(
      'look for what keeps a bridge and this controller from working together, and say how to mend it; ' +
        'ends with 1 when there is a problem',
    )
    .argument('[bridge]', 'name of the bridge; every one that has a controller when absent')
    .option('--quiet', 'leave out what is well')
    .option(...VSWITCHD_OPTION);
  withQueryOptions(withOvsdbOptions(command));
  withExamples(command, [
    ['cloakflow doctor br0', 'why does br0 not work?'],
    ['cloakflow doctor --quiet', 'only what is wrong, on every bridge'],
    ['cloakflow doctor br0 --json | jq -r \'.[] | select(.status == "problem").mend\'', 'what to do'],
  ]);
  command.action(async (bridge: string | undefined, options: DoctorOptions) => {
    const { tlsFiles } = await import('../ovsdb-options.js');
    const { runDirectory } = await import('../vswitchd-option.js');
    const { parseOvsdbEndpoint } = await import('../../ovsdb/index.js');
    const { translateErrors } = await import('../ovsdb-options.js');
    const { adminClient } = await import('../query.js');
    const { withProgress } = await import('../progress.js');
    const { examine } = await import('../../doctor/examine.js');
    const tls = tlsFiles(options);
    await translateErrors(async () => parseOvsdbEndpoint(options.ovsdb));
    const findings = await withProgress(invocation, 'looking', () =>
      examine({
        bridge,
        ovsdb: options.ovsdb,
        tls,
        vswitchd: options.vswitchd,
        runDirectory: runDirectory(options.ovsdb),
        admin: adminClient(options, invocation),
      }),
    );
    if (findings.some(({ status }) => status === 'problem')) invocation.exitCode = ExitCode.FAILED;
    const shown = options.quiet ? findings.filter(({ status }) => status !== 'ok') : findings;
    if (options.json) return writeJson(invocation, shown);
    const { formatFindings } = await import('../findings-text.js');
    await write(invocation.stdout, formatFindings(shown, paletteFor(invocation.stdout, invocation.env)));
  });
}
