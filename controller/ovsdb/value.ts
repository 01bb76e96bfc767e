import type { AtomKind, Column, Uuid } from './column.js';
import { OvsdbError } from './errors.js';
import type { WireAtom, WireValue } from './wire.js';

/** Conversion between a column's values and their JSON on the wire (RFC 7047, section 5.1 `<value>`). */

export type PlainAtom = string | number | boolean;
/** A value of any column as it is read: see `Value` in column.ts for the shape that each column gives. */
export type PlainValue = PlainAtom | undefined | readonly PlainAtom[] | ReadonlyMap<PlainAtom, PlainAtom>;

export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NIL_UUID: Uuid = '00000000-0000-0000-0000-000000000000';
/** RFC 7047 section 3.1 `<id>`. */
const ID_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * JSON of `value` for `column`. `name` goes into the error. Throws OvsdbError `bad-value`; an integer must be
 * exact in a double.
 */
export function encodeValue(column: Column, value: unknown, name: string): WireValue {
  switch (column.shape) {
    case 'scalar':
      return encodeAtom(column.key, value, name);
    case 'optional':
      return value === undefined || value === null ? ['set', []] : encodeAtom(column.key, value, name);
    case 'set':
      if (!Array.isArray(value)) throw badValue(name, 'is no list', value);
      return encodeSet(column.key, value, name);
    case 'map': {
      const entries =
        value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : undefined;
      if (entries === undefined) throw badValue(name, 'is neither a Map nor an object', value);
      return [
        'map',
        entries.map(([key, item]) => [
          encodeAtom(column.key, key, name),
          encodeAtom(column.value, item, `${name}.${String(key)}`),
        ]),
      ];
    }
  }
}

/** JSON of a list as a set. */
export function encodeSet(kind: AtomKind, values: readonly unknown[], name: string): WireValue {
  return ['set', values.map(item => encodeAtom(kind, item, name))];
}

function encodeAtom(kind: AtomKind, value: unknown, name: string): WireAtom {
  switch (kind) {
    case 'string':
      if (typeof value !== 'string' || value.includes('\0')) throw badValue(name, 'is no text', value);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw badValue(name, 'is neither true nor false', value);
      return value;
    case 'integer':
      if (!Number.isSafeInteger(value)) throw badValue(name, 'is no integer within 2^53', value);
      return value as number;
    case 'real':
      if (!Number.isFinite(value)) throw badValue(name, 'is no finite number', value);
      return value as number;
    case 'uuid': {
      if (typeof value === 'string' && UUID_PATTERN.test(value)) return ['uuid', value];
      const symbol = isPlainObject(value) ? value.namedUuid : undefined;
      if (typeof symbol === 'string' && ID_PATTERN.test(symbol)) return ['named-uuid', symbol];
      throw badValue(name, 'is no reference to a row', value);
    }
  }
}

/** The value in a column's JSON. Throws OvsdbError `malformed`. */
export function decodeValue(column: Column, wire: unknown, name: string): PlainValue {
  switch (column.shape) {
    case 'scalar':
      return decodeAtom(column.key, wire, name);
    case 'optional': {
      const items = decodeSet(column.key, wire, name);
      if (items.length > 1) throw malformedValue(name, 'has more than one value');
      return items[0];
    }
    case 'set':
      return decodeSet(column.key, wire, name);
    case 'map': {
      const pairs = taggedList('map', wire);
      if (pairs === undefined) throw malformedValue(name, 'is no map');
      const map = new Map<PlainAtom, PlainAtom>();
      for (const pair of pairs) {
        if (!Array.isArray(pair) || pair.length !== 2) throw malformedValue(name, 'has a pair that is none');
        map.set(decodeAtom(column.key, pair[0], name), decodeAtom(column.value, pair[1], name));
      }
      return map;
    }
  }
}

/** A set of one is written as the atom alone or as a set. */
function decodeSet(kind: AtomKind, wire: unknown, name: string): PlainAtom[] {
  const items = taggedList('set', wire) ?? [wire];
  return items.map(item => decodeAtom(kind, item, name));
}

function decodeAtom(kind: AtomKind, wire: unknown, name: string): PlainAtom {
  switch (kind) {
    case 'string':
      if (typeof wire === 'string') return wire;
      break;
    case 'boolean':
      if (typeof wire === 'boolean') return wire;
      break;
    case 'integer':
      if (Number.isInteger(wire)) return wire as number;
      break;
    case 'real':
      if (typeof wire === 'number') return wire;
      break;
    case 'uuid':
      if (Array.isArray(wire) && wire.length === 2 && wire[0] === 'uuid' && typeof wire[1] === 'string') {
        if (UUID_PATTERN.test(wire[1])) return wire[1];
      }
      break;
  }
  throw malformedValue(name, `is no ${kind}`);
}

function taggedList(tag: 'set' | 'map', wire: unknown): unknown[] | undefined {
  if (!Array.isArray(wire) || wire.length !== 2 || wire[0] !== tag || !Array.isArray(wire[1]))
    return undefined;
  return wire[1];
}

/** What a column holds when nobody wrote it (RFC 7047, section 5.2.1). */
export function defaultValue(column: Column): PlainValue {
  if (column.shape === 'optional') return undefined;
  if (column.shape === 'set') return [];
  if (column.shape === 'map') return new Map();
  return { integer: 0, real: 0, boolean: false, string: '', uuid: NIL_UUID }[column.key];
}

/** Whether two values of one column are the same; the order of sets and maps does not count. */
export function valuesEqual(a: PlainValue, b: PlainValue): boolean {
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    const items = new Set<PlainAtom>(a);
    return b.every(item => items.has(item));
  }
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false;
    return [...a].every(([key, item]) => b.has(key) && b.get(key) === item);
  }
  return a === b;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badValue(name: string, what: string, value: unknown): OvsdbError {
  const shown = typeof value === 'string' ? `'${value.slice(0, 100)}'` : String(value).slice(0, 100);
  return new OvsdbError('bad-value', `${name} ${what}: ${shown}`);
}

function malformedValue(name: string, what: string): OvsdbError {
  return new OvsdbError('malformed', `${name} as the server sent it ${what}`);
}
