import { Command } from 'commander';
import { appCommands } from '../../apps/commands.js';
import { defineApps } from './commands/apps.js';
import { defineAttach } from './commands/attach.js';
import { defineCheck } from './commands/check.js';
import { defineDetach } from './commands/detach.js';
import { defineDoctor } from './commands/doctor.js';
import { defineEmulate } from './commands/emulate.js';
import { defineExperiment } from './commands/experiment.js';
import { defineFlows } from './commands/flows.js';
import { defineHelp } from './commands/help.js';
import { defineOpenflow } from './commands/openflow.js';
import { definePorts } from './commands/ports.js';
import { defineDiff, defineReload } from './commands/reload.js';
import { defineRun } from './commands/run.js';
import { defineSwitches } from './commands/switches.js';
import { defineTrace } from './commands/trace.js';
import { exitCodesText } from './exit-codes.js';
import type { Invocation } from './invocation.js';
import { optionText } from './option-text.js';
import { packageVersion } from './version.js';

/**
 * Every command, in the order of the help. What a command needs beyond commander it imports when it runs.
 * With `json`, usage errors are printed as JSON.
 */
export function createProgram(invocation: Invocation, json = false): Command {
  const program = new Command('cloakflow')
    .description('An OpenFlow 1.3 controller that speaks directly to Open vSwitch.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print the help of a command')
    .helpCommand(false)
    .configureHelp({ optionDescription: optionText })
    .exitOverride()
    .configureOutput({
      writeOut: text => void invocation.stdout.write(text),
      writeErr: text => void invocation.stderr.write(text),
      outputError: (text, writeError) => writeError(json ? usageJson(text) : text),
    })
    .showHelpAfterError(
      !json && '(`cloakflow help` lists the commands, `cloakflow help COMMAND` explains one)',
    )
    .addHelpText('after', `\n${exitCodesText()}`);
  defineRun(program, invocation);
  defineCheck(program, invocation);
  defineDiff(program, invocation);
  defineReload(program, invocation);
  defineSwitches(program, invocation);
  definePorts(program, invocation);
  defineFlows(program, invocation);
  defineApps(program, invocation);
  defineOpenflow(program, invocation);
  defineAttach(program, invocation);
  defineDetach(program, invocation);
  defineDoctor(program, invocation);
  defineTrace(program, invocation);
  defineEmulate(program, invocation);
  defineExperiment(program, invocation);
  for (const define of appCommands) define(program, invocation);
  defineHelp(program, invocation);
  return program;
}

function usageJson(text: string): string {
  const message = text.trim().replace(/^error: /, '');
  return `${JSON.stringify({ error: { code: 'usage', message } })}\n`;
}
