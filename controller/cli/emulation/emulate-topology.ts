import { type EmulatedNetwork, emulate, loadTopology, until } from '../../../mininet/driver/index.js';
import { ExitCode } from '../exit-codes.js';
import { type Invocation, write } from '../invocation.js';
import { withProgress } from '../progress.js';
import { signalExitCode } from '../signals.js';
import { driverNetwork } from './driver-network.js';
import type { EmulateOptions } from './emulate-options.js';
import { EmulationSignals } from './emulation-signals.js';
import { NetworkShell } from './network-shell.js';
import { type OwnController, startOwnController } from './own-controller.js';
import type { ShellNetwork } from './shell-network.js';

/** How long switches may take to connect and to learn which of their ports lead to each other. */
const SETTLING_MILLISECONDS = 30_000;

/** `cloakflow emulate`. Whatever happens, the network, the controller and their files are gone afterwards. */
export async function emulateTopology(
  name: string,
  options: EmulateOptions,
  invocation: Invocation,
): Promise<void> {
  const topology = loadTopology(name);
  const signals = new EmulationSignals();
  let controller: OwnController | undefined;
  let network: EmulatedNetwork | undefined;
  try {
    if (options.controller && topology.controller !== 'none') {
      controller = await startOwnController(options, invocation);
    }
    network = await withProgress(invocation, `building ${name}`, () =>
      build(name, controller, signals.signal),
    );
    network.onDeath = what => void invocation.stderr.write(`${what} has ended by itself\n`);
    if (controller !== undefined) await settle(controller, network, invocation, signals.signal);
    if (!(await openShell(network, controller, options, invocation, signals))) {
      invocation.exitCode = ExitCode.FAILED;
    }
  } catch (error) {
    if (signals.heard === undefined) throw error;
  } finally {
    signals.interrupted = () => {};
    await withProgress(invocation, 'taking the network down', async () => network?.stop());
    await controller?.stop();
    signals.dispose();
  }
  if (signals.heard !== undefined) invocation.exitCode = signalExitCode(signals.heard);
}

function build(
  name: string,
  controller: OwnController | undefined,
  signal: AbortSignal,
): Promise<EmulatedNetwork> {
  return emulate(name, controller === undefined ? { signal } : { signal, controller: controller.endpoint });
}

function settle(
  controller: OwnController,
  network: EmulatedNetwork,
  invocation: Invocation,
  signal: AbortSignal,
): Promise<void> {
  const wanted = Object.values(network.topology.switches).filter(({ controlled }) => controlled).length;
  return withProgress(invocation, 'waiting for the switches', async report => {
    const isSettled = () => {
      const count = controller.settledSwitches();
      report(`waiting for the switches: ${count}/${wanted}`);
      return count === wanted;
    };
    await until('all switches to be ready', isSettled, { timeout: SETTLING_MILLISECONDS, signal });
  });
}

/** Whether all lines of the shell went well. */
async function openShell(
  network: EmulatedNetwork,
  controller: OwnController | undefined,
  options: EmulateOptions,
  invocation: Invocation,
  signals: EmulationSignals,
): Promise<boolean> {
  const interactive = options.run === undefined && invocation.stdin.isTTY === true;
  const flows: ShellNetwork['flows'] = async name => {
    const node = network.switch(name);
    return controller === undefined
      ? node.ofctl('dump-flows')
      : controller.flows(node.datapathId, signals.signal);
  };
  const view = driverNetwork(network, interactive, flows);
  const shell = new NetworkShell(invocation, view, { signal: signals.signal, json: options.json });
  if (options.run !== undefined) return shell.runLines(options.run);
  if (interactive) {
    signals.interrupted = () => shell.interrupt();
    const counts = `${view.hosts.length} hosts, ${view.switches.length} switches`;
    await write(invocation.stdout, `${counts}; \`help\` lists the commands, \`exit\` ends the emulation\n`);
  }
  return shell.interact();
}
