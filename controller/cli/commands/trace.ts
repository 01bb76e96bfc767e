import { type Command, InvalidArgumentError } from 'commander';
import type { TraceNames } from '../../trace/names.js';
import { withExamples } from '../examples.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { type OvsdbOptions, withOvsdbOptions } from '../ovsdb-options.js';
import { paletteFor } from '../palette.js';
import { type QueryOptions, withQueryOptions } from '../query-options.js';
import { VSWITCHD_OPTION, type VswitchdOptions } from '../vswitchd-option.js';

interface TraceOptions extends OvsdbOptions, QueryOptions, VswitchdOptions {
  packet?: Uint8Array;
  ctNext: string[];
}

export function defineTrace(program: Command, invocation: Invocation): void {
  const command = program
    .command('trace')
    .description(
      'follow an imagined packet through a bridge: which flow of which app it meets in each table, and what becomes of it',
    )
    .argument('<bridge>', 'name of the bridge')
    .argument('<flow>', 'the packet, in the words of ovs-fields(7)')
    .option('--packet <hex>', 'a whole frame; <flow> then says only where it comes in', frameBytes)
    .option(
      '--ct-next <states>',
      'what conntrack says when the packet comes back from it, such as `trk,est`; once for each time',
      (states: string, before: string[]) => [...before, states],
      [],
    )
    .option(...VSWITCHD_OPTION);
  withQueryOptions(withOvsdbOptions(command));
  withExamples(command, [
    ['cloakflow trace br0 in_port=1,dl_dst=02:00:00:00:00:02', 'where does a frame of port 1 go?'],
    ['cloakflow trace br0 in_port=1,tcp,nw_dst=10.0.0.2,tp_dst=443', 'and a TCP segment?'],
    [
      "cloakflow trace br0 in_port=1,tcp --ct-next trk,est --json | jq '.verdict'",
      'and one that conntrack knows?',
    ],
  ]);
  command.action(async (bridge: string, flow: string, options: TraceOptions) => {
    const { translateErrors } = await import('../ovsdb-options.js');
    const { controlSocket } = await import('../vswitchd-option.js');
    const { tracePacket } = await import('../../trace/trace.js');
    const { names, missing } = await gatherNames(bridge, options, invocation);
    const { packet, ctNext } = options;
    const report = await translateErrors(async () => {
      const socket = await controlSocket(options);
      return tracePacket(socket, { bridge, flow, packet, conntrackStates: ctNext }, names);
    });
    if (options.json) return writeJson(invocation, report);
    const { formatTrace } = await import('../trace-text.js');
    const palette = paletteFor(invocation.stdout, invocation.env);
    await write(invocation.stdout, formatTrace(report, palette));
    for (const text of missing) {
      await write(invocation.stderr, `${paletteFor(invocation.stderr, invocation.env)('dim', text)}\n`);
    }
  });
}

/** Names of apps and ports as far as the controller and the database answer: a trace works without them. */
async function gatherNames(
  bridge: string,
  options: TraceOptions,
  invocation: Invocation,
): Promise<{ names: TraceNames; missing: string[] }> {
  const { CodedError } = await import('../../coded-error.js');
  const { NO_NAMES } = await import('../../trace/names.js');
  const { appNames, portNames } = await import('../../trace/controller-names.js');
  const missing: string[] = [];
  let names = NO_NAMES;
  const attempt = async (what: string, ask: () => Promise<Partial<TraceNames>>) => {
    try {
      names = { ...names, ...(await ask()) };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      missing.push(`${what} are not named: ${error.message}`);
    }
  };
  await attempt('apps', async () => {
    const { adminClient } = await import('../query.js');
    const owners = await import('../../switch/cookie.js');
    return appNames(await adminClient(options, invocation).apps(), owners);
  });
  await attempt('ports', async () => {
    const { withDatabase } = await import('../ovsdb-options.js');
    return { port: await withDatabase(options, database => portNames(database, [bridge])) };
  });
  return { names, missing };
}

/** Longest frame that is taken: a jumbo frame with room. */
const MAX_FRAME = 10_000;

function frameBytes(text: string): Uint8Array {
  const digits = text.replace(/[\s:]/g, '');
  if (/^([0-9a-f]{2})+$/i.test(digits) && digits.length <= 2 * MAX_FRAME) return Buffer.from(digits, 'hex');
  throw new InvalidArgumentError(`A frame is given as 1 to ${MAX_FRAME} bytes in hexadecimal.`);
}
