import type { Command } from 'commander';
import type { BridgeSnapshot } from '../../ovsdb/index.js';
import { withExamples } from '../examples.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { type OvsdbOptions, withOvsdbOptions } from '../ovsdb-options.js';
import { paletteFor } from '../palette.js';
import { JSON_OPTION } from '../query-options.js';

interface DetachCommandOptions extends OvsdbOptions {
  wait: boolean;
  json?: boolean;
}

export function defineDetach(program: Command, invocation: Invocation): void {
  const command = program
    .command('detach')
    .description('put back what `attach` found on a bridge; a bridge that is not attached is left alone')
    .argument('<bridge>', 'name of the bridge')
    .option('--no-wait', 'do not wait until ovs-vswitchd has taken the change up');
  withOvsdbOptions(command).option(...JSON_OPTION);
  withExamples(command, [['cloakflow detach br0', 'the bridge is as it was before `cloakflow attach br0`']]);
  command.action(async (bridge: string, options: DetachCommandOptions) => {
    const { withDatabase } = await import('../ovsdb-options.js');
    const { detachBridge } = await import('../../ovsdb/index.js');
    const report = await withDatabase(options, database =>
      detachBridge(database, bridge, { wait: options.wait }),
    );
    if (options.json) return writeJson(invocation, { ...report, restored: report.restored ?? null });
    const palette = paletteFor(invocation.stdout, invocation.env);
    const text =
      report.restored === undefined
        ? `${bridge} is not attached; nothing to put back`
        : `${palette('green', 'detached')} ${bridge}\n${describe(report.restored)}`;
    await write(invocation.stdout, `${text}\n`);
  });
}

/** What the bridge has again. */
function describe(snapshot: BridgeSnapshot): string {
  const controllers = snapshot.controllers.map(({ row }) => String(row.target));
  return [
    `  controller: ${controllers.join(', ') || 'none'}`,
    `  protocols:  ${snapshot.protocols.join(', ') || 'the default'}`,
    `  fail mode:  ${snapshot.failMode ?? 'the default'}`,
  ].join('\n');
}
