import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectOvsdb } from './connect.js';
import { OvsdbError } from './errors.js';
import { type CallOptions, JsonRpcConnection } from './json-rpc.js';

/** Where Debian's packages keep pid files and control sockets. */
const DEFAULT_RUN_DIRECTORY = '/var/run/openvswitch';

/**
 * The control socket of an Open vSwitch daemon, as `ovs-appctl` finds it: `DIR/NAME.PID.ctl`, with the pid from
 * `DIR/NAME.pid`. Rejects with OvsdbError `connect-failed`.
 */
export async function findControlSocket(
  daemon = 'ovs-vswitchd',
  directory = DEFAULT_RUN_DIRECTORY,
): Promise<string> {
  const file = join(directory, `${daemon}.pid`);
  let pid: string;
  try {
    pid = (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new OvsdbError('connect-failed', `${daemon} does not run: there is no ${file}`, {
      cause,
      mend: 'start Open vSwitch: `service openvswitch-switch start`',
    });
  }
  if (!/^\d+$/.test(pid)) throw new OvsdbError('connect-failed', `${file} holds no process id`);
  return join(directory, `${daemon}.${pid}.ctl`);
}

/**
 * Gives a daemon one command over its control socket, which speaks the JSON-RPC of OVSDB (`ovs-appctl`), and
 * returns what it prints. Rejects with OvsdbError `command-failed` when the daemon refuses the command.
 */
export async function runControlCommand(
  socket: string,
  command: string,
  parameters: readonly string[],
  options: CallOptions = {},
): Promise<string> {
  const stream = await connectOvsdb({ method: 'unix', path: socket }, { signal: options.signal });
  const connection = new JsonRpcConnection(
    stream,
    { notification: () => {}, closed: () => {} },
    { probeInterval: 0 },
  );
  try {
    return await connection.call(
      command,
      parameters,
      result => {
        if (typeof result !== 'string') throw new OvsdbError('malformed', `${command} gave no text`);
        return result;
      },
      options,
    );
  } catch (error) {
    if (!(error instanceof OvsdbError) || error.code !== 'rpc-error') throw error;
    throw new OvsdbError(
      'command-failed',
      `${command} was refused: ${(error.reason ?? error.message).trim()}`,
      {
        cause: error,
        ...mendOf(error.reason ?? ''),
      },
    );
  } finally {
    connection.close();
  }
}

function mendOf(reason: string): { mend?: string } {
  if (/unknown bridge/i.test(reason)) return { mend: '`ovs-vsctl list-br` tells the bridges' };
  if (/flow syntax/i.test(reason)) return { mend: 'write the packet in the words of ovs-fields(7)' };
  return {};
}
