import type { FlowReport } from '../api/reports.js';
import { formatFields, formatInstructions } from './flow-text.js';
import type { Column } from './table.js';

export const FLOW_COLUMNS: readonly Column<FlowReport>[] = [
  { title: 'table', value: flow => flow.table, align: 'right' },
  { title: 'priority', value: flow => flow.priority, align: 'right' },
  { title: 'app', value: flow => flow.app ?? (/^0x0+$/.test(flow.cookie) ? null : flow.cookie) },
  { title: 'packets', value: flow => flow.packets, align: 'right' },
  { title: 'bytes', value: flow => flow.bytes, align: 'right' },
  { title: 'age', value: flow => `${flow.age} s`, align: 'right' },
  { title: 'expires', value: expiry },
  { title: 'match', value: flow => formatFields(flow.match) || 'any' },
  { title: 'actions', value: flow => formatInstructions(flow.instructions) },
];

/** Tables in order; within one, the flow that wins first. */
export function byPipeline(a: FlowReport, b: FlowReport): number {
  return a.table - b.table || b.priority - a.priority;
}

function expiry(flow: FlowReport): string | null {
  const limits = [];
  if (flow.idleTimeout > 0) limits.push(`idle ${flow.idleTimeout} s`);
  if (flow.hardTimeout > 0) limits.push(`hard ${flow.hardTimeout} s`);
  return limits.join(', ') || null;
}
