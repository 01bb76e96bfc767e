import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hashOf } from './random.js';

const folder = new URL('../../../test/fuzz/', import.meta.url);

export interface Finding {
  name: string;
  input: Uint8Array;
}

/** The seeds of a target: lines of hexadecimal, `#` begins a comment. */
export function seedsOf(target: string): Uint8Array[] {
  return readHex(new URL(`seeds/${target}.hex`, folder));
}

/** Inputs that once broke a promise of a target. */
export function findingsOf(target: string): Finding[] {
  const own = new URL(`findings/${target}/`, folder);
  if (!existsSync(own)) return [];
  return readdirSync(own)
    .filter(name => name.endsWith('.hex'))
    .sort()
    .flatMap(name => readHex(new URL(name, own)).map(input => ({ name, input })));
}

/** Keeps an input that broke a promise. Returns the path of its file. */
export function keepFinding(target: string, input: Uint8Array, why: string): string {
  const own = new URL(`findings/${target}/`, folder);
  mkdirSync(own, { recursive: true });
  const file = new URL(`${hashOf(input).toString(16).padStart(8, '0')}.hex`, own);
  const comment = why.split('\n')[0]!.slice(0, 200);
  writeFileSync(file, `# ${comment}\n${Buffer.from(input).toString('hex')}\n`);
  return file.pathname;
}

function readHex(file: URL): Uint8Array[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map(line => line.replace(/#.*$/, '').trim())
    .filter(line => line !== '')
    .map(line => new Uint8Array(Buffer.from(line, 'hex')));
}
