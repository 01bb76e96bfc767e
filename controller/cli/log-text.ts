import { Writable } from 'node:stream';
import type { Palette, Style } from './palette.js';
import { printable } from './printable.js';

/** pino's levels. */
const LEVELS: Readonly<Record<number, readonly [name: string, style: Style]>> = {
  10: ['trace', 'dim'],
  20: ['debug', 'dim'],
  30: ['info', 'green'],
  40: ['warn', 'yellow'],
  50: ['error', 'red'],
  60: ['fatal', 'red'],
};
/** Fields that a person at a terminal knows or that stand elsewhere in the line. */
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'name']);

/** A stream for pino that turns its JSON lines into lines for people. */
export function logTextStream(output: Writable, palette: Palette): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      output.write(logText(String(line), palette));
      done();
    },
  });
}

/** `12:34:56.789 info  switch connected  dpid=0000000000000001`; a line that is no JSON stays as it is. */
export function logText(line: string, palette: Palette): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const [level, style] = LEVELS[Number(entry.level)] ?? ['log', 'dim'];
  const time = new Date(Number(entry.time)).toTimeString().slice(0, 8);
  const milliseconds = String(Number(entry.time) % 1000).padStart(3, '0');
  const fields = Object.entries(entry)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${palette('dim', `${printable(key)}=`)}${printable(fieldText(value))}`);
  const start = `${palette('dim', `${time}.${milliseconds}`)} ${palette(style, level.padEnd(5))}`;
  return `${[start, printable(String(entry.msg ?? '')), fields.join(' ')].filter(part => part !== '').join('  ')}\n`;
}

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
