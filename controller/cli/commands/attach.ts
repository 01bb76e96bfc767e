import { type Command, Option } from 'commander';
import type { FailMode } from '../../ovsdb/index.js';
import { withExamples } from '../examples.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { type OvsdbOptions, withOvsdbOptions } from '../ovsdb-options.js';
import { paletteFor } from '../palette.js';
import { JSON_OPTION } from '../query-options.js';

interface AttachCommandOptions extends OvsdbOptions {
  controller: string;
  failMode: FailMode | 'keep';
  wait: boolean;
  json?: boolean;
}

export function defineAttach(program: Command, invocation: Invocation): void {
  const command = program
    .command('attach')
    .description(
      'set a bridge up for this controller: OpenFlow 1.3, the controller out of band, the fail mode; ' +
        'what was there is recorded in the bridge for `detach`',
    )
    .argument('<bridge>', 'name of the bridge')
    .option('--controller <target>', 'where the bridge finds the controller', 'tcp:127.0.0.1:6653')
    .addOption(
      new Option('--fail-mode <mode>', 'what the bridge does without a controller')
        .choices(['secure', 'standalone', 'keep'])
        .default('secure'),
    )
    .option('--no-wait', 'do not wait until ovs-vswitchd has taken the change up');
  withOvsdbOptions(command).option(...JSON_OPTION);
  withExamples(command, [
    ['cloakflow attach br0', 'the controller runs on this machine'],
    ['cloakflow attach br0 --controller tcp:192.0.2.1:6653', 'it runs on another'],
    ['cloakflow attach br0 --ovsdb tcp:192.0.2.7:6640', 'the bridge is on another machine'],
  ]);
  command.action(async (bridge: string, options: AttachCommandOptions) => {
    const { withDatabase } = await import('../ovsdb-options.js');
    const { attachBridge } = await import('../../ovsdb/index.js');
    const { controller, failMode, wait } = options;
    const report = await withDatabase(options, database =>
      attachBridge(database, bridge, controller, { failMode, wait }),
    );
    if (options.json) return writeJson(invocation, { controller, ...report });
    const palette = paletteFor(invocation.stdout, invocation.env);
    const lines =
      report.changed.length === 0
        ? [`${bridge} is attached to ${controller} already`]
        : [
            `${palette('green', 'attached')} ${bridge} to ${controller}`,
            `  changed: ${report.changed.join(', ')}`,
            `  \`cloakflow detach ${bridge}\` puts back what was there`,
          ];
    for (const warning of report.warnings) lines.push(`  ${palette('yellow', 'warning:')} ${warning}`);
    await write(invocation.stdout, `${lines.join('\n')}\n`);
  });
}
