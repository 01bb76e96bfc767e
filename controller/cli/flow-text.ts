import { portNumberText } from './port-number.js';

/**
 * Matches and instructions in one line each, near to what `ovs-ofctl dump-flows` prints: field names as in
 * the OXM table with underscores, values as in JSON. Works on every field and action by its shape, so that
 * what the codec learns is shown without a change here.
 */

type Plain = Record<string, unknown>;

/** `in_port=1,eth_dst=02:00:00:00:00:01/ff:ff:ff:00:00:00`; empty for a match of everything. */
export function formatFields(fields: Plain): string {
  return Object.entries(fields)
    .map(([name, value]) => `${underscored(name)}=${fieldValue(name, value)}`)
    .join(',');
}

/** Actions in order, then `goto_table:N`; `drop` where nothing is done. */
export function formatInstructions(instructions: readonly Plain[]): string {
  const texts = instructions.map(instruction => {
    const actions = Array.isArray(instruction.actions) ? (instruction.actions as Plain[]) : undefined;
    if (instruction.type === 'apply-actions' && actions) return actions.map(formatAction).join(',');
    if (instruction.type === 'write-actions' && actions)
      return `write_actions(${actions.map(formatAction).join(',')})`;
    return formatAction(instruction);
  });
  return texts.filter(text => text !== '').join(',') || 'drop';
}

/** `output:2`, `goto_table:1`, `set_field:02:00:00:00:00:01->eth_dst`, else `name(argument=value,…)`. */
function formatAction(action: Plain): string {
  const { type, ...rest } = action;
  const name = underscored(String(type));
  if (type === 'output') return output(rest);
  if (type === 'set-field' && isPlain(rest.field)) {
    const [field, value] = Object.entries(rest.field)[0] ?? ['?', '?'];
    return `set_field:${fieldValue(field, value)}->${underscored(field)}`;
  }
  const entries = Object.entries(rest);
  if (entries.length === 0) return name;
  if (entries.length === 1 && !isPlain(entries[0]![1])) return `${name}:${fieldValue(...entries[0]!)}`;
  return `${name}(${entries.map(([key, value]) => `${underscored(key)}=${fieldValue(key, value)}`).join(',')})`;
}

function output(action: Plain): string {
  const port = portNumberText(Number(action.port));
  return port === 'controller' ? `controller:${action.maxLen}` : `output:${port}`;
}

function fieldValue(name: string, value: unknown): string {
  if (isPlain(value) && 'value' in value && 'mask' in value) {
    return `${fieldValue(name, value.value)}/${fieldValue(name, value.mask)}`;
  }
  if (typeof value === 'number') {
    if (/^eth(er)?Type$/.test(name)) return `0x${value.toString(16).padStart(4, '0')}`;
    return /^((in|inPhy|out)P|p)ort$/.test(name) ? portNumberText(value) : String(value);
  }
  if (Array.isArray(value))
    return `[${value.map(item => (isAction(item) ? formatAction(item) : fieldValue(name, item))).join(',')}]`;
  return isPlain(value) ? `{${formatFields(value)}}` : String(value);
}

function underscored(name: string): string {
  return name.replaceAll('-', '_').replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAction(value: unknown): value is Plain {
  return isPlain(value) && typeof value.type === 'string';
}
