import { type TraceNames, type Visit, walk } from './names.js';
import type { ActionStep, TableStep, TraceOutput, TracePass, TraceVerdict } from './report.js';

const OUTPUT = /^(?:output:)?("?[\w.:@-]+"?)$/;
const RESERVED = new Set(['NORMAL', 'FLOOD', 'ALL', 'LOCAL', 'IN_PORT']);
const TO_CONTROLLER = /^(CONTROLLER|controller)\b/;

/** What becomes of the packet, from the steps of all passes. */
export function judge(passes: readonly TracePass[], names: TraceNames): TraceVerdict {
  const outputs: TraceOutput[] = [];
  const controllers: (string | null)[] = [];
  const warnings: string[] = [];
  let error: string | undefined;
  let lastTable: Visit | undefined;
  for (const visit of walk(passes)) {
    const { step, on, table } = visit;
    if (step.kind === 'table') lastTable = visit;
    if (step.kind !== 'action') continue;
    for (const note of step.notes) {
      if (note.level === 'error') error ??= note.text;
      if (note.level === 'warning') warnings.push(note.text);
    }
    if (TO_CONTROLLER.test(step.text)) controllers.push(table?.app ?? null);
    const port = outputOf(step);
    // A patch port is a door to the next bridge, not an end.
    const leads = step.steps.some(child => child.kind === 'bridge');
    if (port !== undefined && !leads) outputs.push({ bridge: on, port, name: portName(names, on, port) });
  }
  const dropped = passes.at(-1)?.datapathActions === 'drop';
  if (error !== undefined) {
    return { outcome: 'failed', outputs, controllers, sentence: `The packet is dropped: ${error}.` };
  }
  if (dropped || (outputs.length === 0 && controllers.length === 0)) {
    const exception = exceptionPunt(passes);
    if (exception) {
      const sentence = `The packet goes to the controller as an exception: ${warnings.at(-1) ?? 'no reason given'}.`;
      return { outcome: 'to-controller', outputs: [], controllers: [null], sentence };
    }
    const sentence = `The packet is dropped: ${whyDropped(lastTable, warnings)}.`;
    return { outcome: 'dropped', outputs: [], controllers: [], sentence };
  }
  return {
    outcome: outputs.length > 0 ? 'forwarded' : 'to-controller',
    outputs,
    controllers,
    sentence: sentenceOf(outputs, controllers),
  };
}

function outputOf(step: ActionStep): string | undefined {
  if (step.notes.some(note => note.text.startsWith('skipping output'))) return undefined;
  if (RESERVED.has(step.text)) return step.text;
  if (!step.text.startsWith('output:')) return undefined;
  return OUTPUT.exec(step.text)?.[1]?.replaceAll('"', '');
}

function portName(names: TraceNames, bridge: string, port: string): string | null {
  if (/^\d+$/.test(port)) return names.port(bridge, Number(port)) ?? null;
  return null;
}

/** Open vSwitch itself punts what it cannot go on with, such as a packet whose TTL ran out. */
function exceptionPunt(passes: readonly TracePass[]): boolean {
  return passes.some(pass => pass.datapathActions?.includes('controller(reason=') ?? false);
}

function whyDropped(last: Visit | undefined, warnings: readonly string[]): string {
  if (warnings.length > 0) return warnings.at(-1)!;
  if (last === undefined || last.step.kind !== 'table') return 'it met no table';
  const table = tableText(last.step);
  if (last.step.match === null) return `no flow of ${table} matched it`;
  const owner = last.step.app === null ? '' : ` of ${last.step.app}`;
  return `the flow${owner} in ${table} sends it nowhere`;
}

function tableText(step: TableStep): string {
  return step.tableName === null
    ? `table ${step.table}`
    : `table ${step.table} (${step.app}: ${step.tableName})`;
}

function sentenceOf(outputs: readonly TraceOutput[], controllers: readonly (string | null)[]): string {
  const ways: string[] = [];
  for (const { bridge, port, name } of outputs) {
    if (port === 'NORMAL') ways.push(`as ${bridge} forwards by itself (NORMAL)`);
    else if (port === 'FLOOD' || port === 'ALL') ways.push(`out of all other ports of ${bridge} (${port})`);
    else if (port === 'LOCAL') ways.push(`to ${bridge} itself (LOCAL)`);
    else if (port === 'IN_PORT') ways.push(`back out of the port of ${bridge} it came in by`);
    else ways.push(`out of port ${port}${name === null ? '' : ` (${name})`} of ${bridge}`);
  }
  for (const app of controllers)
    ways.push(app === null ? 'to the controller' : `to the controller, for ${app}`);
  return `The packet goes ${ways.join(' and ')}.`;
}
