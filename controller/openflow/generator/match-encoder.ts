/** Emits the encoder of match fields: one pass over the keys of the literal, in their order. */
import type { OxmField } from '../spec/dsl.js';
import type { Code } from './code.js';
import { type Model, oxmHeader, oxmSize } from './model.js';
import { hex, quote } from './names.js';

export function emitMatchEncoder(code: Code, model: Model): void {
  code.line();
  code.line('const EMPTY_MATCH: t.Match = {};');
  code.line();
  code.line(
    '/** Writes the fields of `match` in the order of its keys; returns the conditions met. Section 7.2.3. */',
  );
  code.block('function encodeOxmFields(w: Writer, match: t.Match, met: number): number', () => {
    code.block('for (const key in match)', () => {
      code.line('const value: unknown = match[key as t.RawKey];');
      code.line('if (value === undefined) continue;');
      code.block('switch (key)', () => {
        for (const field of model.specification.oxmFields) emitCase(code, model, field);
        code.line('default:');
        code.line('  o.writeRawOxm(w, key, value, isKnownOxm);');
      });
    });
    code.line('return met;');
  });
  emitMatch(code);
}

function emitCase(code: Code, model: Model, field: OxmField): void {
  const name = quote(field.name);
  code.block(`case ${name}:`, () => {
    if (field.requires !== undefined) {
      const { doc } = model.conditions.get(field.requires)!;
      const bit = hex(model.conditionBit(field.requires));
      code.line(
        `if ((met & ${bit}) === 0) throw new Refusal('bad-prerequisite', ${name}, ${quote(`needs that ${doc}`)});`,
      );
    }
    const header = hex(
      oxmHeader(field) - (field.experimenter === undefined || field.kind === 'bytes' ? 0 : 4),
    );
    const maskable = field.maskable !== false;
    const max = field.kind === 'bytes' ? oxmSize(field) : hex(2 ** field.bits - 1);
    const functionName = {
      u8: 'U8',
      u16: 'U16',
      u24: 'U24',
      u32: 'U32',
      u64: 'U64',
      u128: 'U128',
      mac: 'Mac',
      ipv4: 'Ipv4',
      ipv6: 'Ipv6',
      bytes: 'Bytes',
    }[field.kind];
    const limit = ['u8', 'u16', 'u24', 'u32', 'bytes'].includes(field.kind) ? `, ${max}` : '';
    if (field.experimenter !== undefined) code.line('const from = w.pos;');
    code.line(`o.writeOxm${functionName}(w, ${header}, value${limit}, ${maskable}, ${name});`);
    if (field.experimenter !== undefined)
      code.line(`o.insertExperimenter(w, from, ${hex(field.experimenter)});`);
    emitConditions(code, model, field, 'value');
    code.line('break;');
  });
}

/** Adds to `met` what the value of `field` makes true. */
export function emitConditions(code: Code, model: Model, field: OxmField, value: string): void {
  const byValue = new Map<number, number>();
  for (const { name, sources } of model.conditions.values()) {
    const bit = model.conditionBit(name);
    for (const source of sources) {
      if (source.field !== field.name) continue;
      if (source.values !== undefined) {
        for (const item of source.values) byValue.set(item, ((byValue.get(item) ?? 0) | bit) >>> 0);
      } else if (source.bits !== undefined) {
        code.line(
          `if ((o.plainValue(${value}) & ${hex(source.bits)}) === ${hex(source.bits)}) met |= ${hex(bit)};`,
        );
      } else {
        code.line(`met |= ${hex(bit)};`);
      }
    }
  }
  for (const [item, bits] of byValue) code.line(`if (${value} === ${hex(item)}) met |= ${hex(bits)};`);
}

function emitMatch(code: Code): void {
  code.line();
  code.line(
    '/** `match` with its keys in the order of the specification, which satisfies all prerequisites. */',
  );
  code.block('function canonical(match: t.Match): t.Match', () => {
    code.line('const place = (key: string) => OXM_ORDER.get(key) ?? OXM_ORDER.size;');
    code.line('return Object.fromEntries(Object.entries(match).sort(([a], [b]) => place(a) - place(b)));');
  });
  code.line();
  code.line('/** Fields without a header around them. */');
  code.block('export function encodeOxms(w: Writer, match: t.Match, field: string): void', () => {
    code.line(
      "if (typeof match !== 'object' || match === null) refuseValue(field, match, 'an object of match fields');",
    );
    code.line('const start = w.pos;');
    code.block('try', () => {
      code.block('try', () => code.line('w.met = encodeOxmFields(w, match, 0);'));
      code.block('catch (error)', () => {
        code.line("if (!(error instanceof Refusal) || error.code !== 'bad-prerequisite') throw error;");
        code.line('w.pos = start;');
        code.line('w.met = encodeOxmFields(w, canonical(match), 0);');
      });
    });
    code.block('catch (error)', () => code.line('throw within(error, field);'));
  });
  code.line();
  code.line('/** ofp_match. Section 7.2.3.1. */');
  code.block('export function encodeMatch(w: Writer, match: t.Match, field: string): void', () => {
    code.line('const start = w.pos;');
    code.line('w.reserve(8);');
    code.line('w.pos = start + 4;');
    code.line('encodeOxms(w, match, field);');
    code.line('w.view.setUint32(start, 0x10000 + ((w.pos - start) & 0xffff));');
    code.line('v.writeAlignment(w, start, 8);');
  });
  code.line();
  code.line('/** Exactly one field. Its prerequisites are those of the match around it, if there is one. */');
  code.block(
    'export function encodeOxm(w: Writer, match: t.Match, field: string, masked: boolean): void',
    () => {
      code.line(
        "if (typeof match !== 'object' || match === null) refuseValue(field, match, 'an object of one match field');",
      );
      code.line('let count = 0;');
      code.line('for (const key in match) if (match[key as t.RawKey] !== undefined) count++;');
      code.line("if (count !== 1) refuseValue(field, match, 'an object of exactly one match field');");
      code.line('const start = w.pos;');
      code.line('try { encodeOxmFields(w, match, w.met); } catch (error) { throw within(error, field); }');
      code.line(
        "if (!masked && (w.view.getUint8(start + 2) & 1) !== 0) throw new Refusal('bad-mask', field, 'cannot have a mask here');",
      );
    },
  );
}
