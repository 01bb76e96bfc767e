import { type Command, Option } from 'commander';
import { collect } from '../collect.js';
import { withExamples } from '../examples.js';
import type { RunExperimentOptions } from '../experiment/run-command.js';
import type { Invocation } from '../invocation.js';
import { JSON_OPTION } from '../query-options.js';

const RESULTS = 'results';
const PAGES = 'docs/results';

/** `cloakflow experiment`: the experiments of both papers, in emulated networks. */
export function defineExperiment(program: Command, invocation: Invocation): void {
  const experiment = program
    .command('experiment')
    .description('replay the experiments of the papers in emulated networks')
    .helpCommand(false);
  defineList(experiment, invocation);
  defineRunExperiment(experiment, invocation);
  defineReport(experiment, invocation);
  defineCompare(experiment, invocation);
}

function defineList(experiment: Command, invocation: Invocation): void {
  const command = experiment
    .command('list')
    .description('the experiments; with a name, its parameters, what it measures and the claims it checks')
    .argument('[name]', 'name of an experiment')
    .option(...JSON_OPTION);
  withExamples(command, [
    ['cloakflow experiment list', 'every experiment, with the section of its paper'],
    ['cloakflow experiment list mimiq-forwarding-table', 'its parameters and claims'],
  ]);
  command.action(async (name: string | undefined, options: { json?: boolean }) => {
    const { listExperiments } = await import('../experiment/list-command.js');
    await listExperiments(name, options, invocation);
  });
}

function defineRunExperiment(experiment: Command, invocation: Invocation): void {
  const command = experiment
    .command('run')
    .description(
      'run an experiment and write its result as JSON. A run that was ended goes on where it was when the same ' +
        'command is given again. Needs root, Open vSwitch and Mininet',
    )
    .argument('<name>', 'name of an experiment')
    .option('--quick', 'two minutes at most (default)')
    .option('--full', "the paper's size")
    .addOption(new Option('--smoke', 'the least that shows that it works'))
    .option('--set <name=value>', 'another value of a parameter; an axis takes several with commas', collect)
    .option('--output <folder>', 'where the result goes', RESULTS)
    .option('--fresh', 'throw an unfinished run away')
    .option(...JSON_OPTION);
  withExamples(command, [
    ['sudo cloakflow experiment run mimiq-forwarding-table', 'a figure in two minutes'],
    ['sudo cloakflow experiment run mimiq-forwarding-table --full', "the paper's size"],
    [
      'sudo cloakflow experiment run mimiq-forwarding-table --set clients=1000,5000 --set repetitions=5',
      'with values of your own',
    ],
  ]);
  command.action(async (name: string, options: RunExperimentOptions) => {
    if ([options.quick, options.full, options.smoke].filter(Boolean).length > 1)
      return command.error('error: --smoke, --quick and --full exclude one another');
    const { runExperimentCommand } = await import('../experiment/run-command.js');
    await runExperimentCommand(name, options, invocation);
  });
}

function defineReport(experiment: Command, invocation: Invocation): void {
  const command = experiment
    .command('report')
    .description(
      'write a page and charts for each result, from its JSON and nothing else; without results, for those that lie in ' +
        'the folder already',
    )
    .argument('[results...]', 'files that `experiment run` wrote')
    .option('--output <folder>', 'where pages and charts go', PAGES)
    .option(...JSON_OPTION);
  withExamples(command, [
    ['cloakflow experiment report results/mimiq-forwarding-table-full.json', 'write its page'],
    ['cloakflow experiment report', 'write all pages again'],
  ]);
  command.action(async (files: string[], options: { output: string; json?: boolean }) => {
    const { reportResults } = await import('../experiment/report-command.js');
    await reportResults(files, options, invocation);
  });
}

function defineCompare(experiment: Command, invocation: Invocation): void {
  const command = experiment
    .command('compare')
    .description(
      'two results of one experiment side by side, and where they differ by more than their spread',
    )
    .argument('<before>', 'a result')
    .argument('<after>', 'another result')
    .option(...JSON_OPTION);
  withExamples(command, [
    ['cloakflow experiment compare before.json after.json', 'what has a change of the program done?'],
  ]);
  command.action(async (before: string, after: string, options: { json?: boolean }) => {
    const { compareCommand } = await import('../experiment/compare-command.js');
    await compareCommand(before, after, options, invocation);
  });
}
