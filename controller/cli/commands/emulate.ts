import type { Command } from 'commander';
import { collect } from '../collect.js';
import type { EmulateOptions } from '../emulation/emulate-options.js';
import { withExamples } from '../examples.js';
import type { Invocation } from '../invocation.js';
import { JSON_OPTION } from '../query-options.js';

export function defineEmulate(program: Command, invocation: Invocation): void {
  const command = program
    .command('emulate')
    .summary('bring up an emulated network with a controller and a shell into its hosts')
    .description(
      'bring up a network from a topology file, with a controller for its switches, and open a shell: `h1 ping h2`, ' +
        '`pingall`, `flows s1`, `link s1 s2 down`, `help` for the rest. Lines come from the terminal, from --run, or ' +
        'from standard input when that is no terminal; the exit code is then 1 if one fails, and the lines after it ' +
        'are not run. The network goes when the shell ends, however it ends. Needs root, Open vSwitch and Mininet.',
    )
    .argument('[topology]', 'name of a topology that comes with cloakflow, or path of a file')
    .option('--no-controller', 'no controller in this process: the switches learn by themselves')
    .option('--config <file>', 'configuration of the controller; its endpoints are not used')
    .option(
      '--app <name>',
      'run this app (learning-switch without --config); can be given several times',
      collect,
    )
    .option('--run <line>', 'run this line of the shell and end; can be given several times', collect)
    .option('--admin <path>', 'also answer on this admin socket while the network is up')
    .option('--clean', 'remove what emulations left behind that were killed, and end; running ones stay')
    .option(...JSON_OPTION);
  withExamples(command, [
    ['sudo cloakflow emulate single', 'three hosts on one switch, and a shell'],
    ["sudo cloakflow emulate linear --run pingall --run 'flows s1'", 'a check that a script can make'],
    ['sudo cloakflow emulate my-lab.yaml --app normal', 'a file of your own, with another app'],
    ['sudo cloakflow emulate --clean', 'after a crash: remove what is left of dead emulations'],
  ]);
  command.action(async (topology: string | undefined, options: EmulateOptions) => {
    if (options.clean) {
      const { removeLeftovers } = await import('../emulation/remove-leftovers.js');
      await removeLeftovers(options, invocation);
      return;
    }
    if (topology === undefined) return command.error("error: missing required argument 'topology'");
    const { emulateTopology } = await import('../emulation/emulate-topology.js');
    await emulateTopology(topology, options, invocation);
  });
}
