import { type Command, Option } from 'commander';
import { collect } from '../collect.js';
import { withExamples } from '../examples.js';
import type { Invocation } from '../invocation.js';
import { ADMIN_OPTION, JSON_OPTION } from '../query-options.js';
import type { RunOptions } from '../run-controller.js';

export function defineRun(program: Command, invocation: Invocation): void {
  const command = program
    .command('run')
    .summary('run a controller until it is told to end')
    .description(
      'run a controller. Without a configuration it is a learning switch that listens on ptcp:6653:127.0.0.1. ' +
        'Once it is ready it prints one line on standard output; the log goes to standard error, as JSON unless ' +
        'that is a terminal. SIGINT and SIGTERM end it in good order, a second one at once. Flows stay in the ' +
        'switches and go on forwarding. SIGHUP lets it read its file again. It leaves the processor to ' +
        'the switch that wakes it (SCHED_BATCH), unless it is started by another policy than the usual one. Options marked * can be given several times.',
    )
    .argument('[config]', 'configuration file (YAML)')
    .option('--listen <endpoint>', 'listen here, instead of at the endpoints of the configuration *', collect)
    .option('--connect <endpoint>', 'connect to a switch here, instead of by the configuration *', collect)
    .option('--app <name>', 'run this app, instead of those of the configuration *', collect)
    .addOption(
      new Option('--log-level <level>', "instead of the configuration's").choices([
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    )
    .option(...ADMIN_OPTION)
    .option(...JSON_OPTION);
  withExamples(command, [
    ['cloakflow run', 'a learning switch for `ovs-vsctl set-controller br0 tcp:127.0.0.1:6653`'],
    ['cloakflow run cloakflow.yaml', 'what a file says'],
    [
      'cloakflow run --app normal --connect unix:/run/openvswitch/br0.mgmt',
      'go to a bridge that waits itself',
    ],
    ['cloakflow run --listen ptcp:0:127.0.0.1 --json', 'any free port; the line on standard output names it'],
  ]);
  command.action(async (file: string | undefined, options: RunOptions) => {
    const { runController } = await import('../run-controller.js');
    await runController(file, options, invocation);
  });
}
