/** Emits the decoder of match fields. */
import type { OxmField } from '../spec/dsl.js';
import type { Code } from './code.js';
import { emitConditions } from './match-encoder.js';
import { type Model, oxmSize } from './model.js';
import { hex, quote } from './names.js';

export function emitMatchDecoder(code: Code, model: Model): void {
  const fields = model.specification.oxmFields;
  const words = Math.ceil(fields.length / 31);
  code.line();
  code.line('/** Reads fields up to `end` into `match`; returns the conditions met. Section 7.2.3. */');
  code.block(
    'function decodeOxmFields(r: Reader, end: number, match: t.DecodedMatch, met: number): number',
    () => {
      code.line('const { view } = r;');
      for (let word = 0; word < words; word++) code.line(`let seen${word} = 0;`);
      code.block('while (r.pos < end)', () => {
        code.line("r.need(end, 4, 'match');");
        code.line('const header = view.getUint32(r.pos);');
        code.line('const pos = r.pos + 4;');
        code.line(
          "if ((header & 0xff) > end - pos) refuseRead('bad-length', 'match', 'has a field beyond its end', pos - 4);",
        );
        code.line('r.pos = pos + (header & 0xff);');
        code.block('switch (header >>> 16)', () => {
          const classes = new Map<number, OxmField[]>();
          for (const field of fields)
            classes.set(field.oxmClass, [...(classes.get(field.oxmClass) ?? []), field]);
          for (const [oxmClass, members] of classes) {
            code.line(`case ${hex(oxmClass)}:`);
            if (oxmClass === 0xffff) emitExperimenterClass(code, model, members, fields);
            else {
              code.block('switch ((header >>> 9) & 0x7f)', () => {
                for (const field of members)
                  emitCase(code, model, field, fields.indexOf(field), 'header', 'pos');
              });
            }
            code.line('break;');
          }
        });
        code.line('decodeRawOxm(r, match, header, pos);');
      });
      code.line('return met;');
    },
  );
  emitMatch(code);
}

function emitExperimenterClass(
  code: Code,
  model: Model,
  members: OxmField[],
  fields: readonly OxmField[],
): void {
  code.block('if ((header & 0xff) >= 4) switch (view.getUint32(pos))', () => {
    for (const id of new Set(members.map(({ experimenter }) => experimenter!))) {
      code.line(`case ${hex(id)}:`);
      code.block('switch ((header >>> 9) & 0x7f)', () => {
        for (const field of members.filter(({ experimenter }) => experimenter === id)) {
          emitCase(code, model, field, fields.indexOf(field), 'header - 4', 'pos + 4');
        }
      });
      code.line('break;');
    }
  });
}

function emitCase(
  code: Code,
  model: Model,
  field: OxmField,
  index: number,
  header: string,
  pos: string,
): void {
  const name = quote(field.name);
  code.block(`case ${field.field}:`, () => {
    const [word, bit] = [`seen${Math.floor(index / 31)}`, hex((1 << (index % 31)) >>> 0)];
    code.line(`if ((${word} & ${bit}) !== 0) refuseRead('duplicate-field', ${name}, 'stands twice', pos);`);
    code.line(`${word} |= ${bit};`);
    if (field.requires !== undefined) {
      const { doc } = model.conditions.get(field.requires)!;
      const need = hex(model.conditionBit(field.requires));
      code.line(
        `if ((met & ${need}) === 0) refuseRead('bad-prerequisite', ${name}, ${quote(`needs that ${doc}`)}, pos);`,
      );
    }
    const maskable = field.maskable !== false;
    const max = field.kind === 'bytes' ? oxmSize(field) : hex(2 ** field.bits - 1);
    const limit = ['u8', 'u16', 'u24', 'u32', 'bytes'].includes(field.kind) ? `, ${max}` : '';
    const reader = {
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
    const cast = maskable ? '' : plainCast(field);
    code.line(`const value = o.readOxm${reader}(r, ${header}, ${pos}${limit}, ${maskable}, ${name})${cast};`);
    code.line(`match.${field.name} = value;`);
    emitConditions(code, model, field, 'value');
    code.line('continue;');
  });
}

/** A field without masks reads as a plain value. */
function plainCast(field: OxmField): string {
  if (field.kind === 'u64' || field.kind === 'u128') return ' as bigint';
  if (field.kind === 'bytes') return ' as Uint8Array';
  return field.kind.startsWith('u') ? ' as number' : ' as string';
}

function emitMatch(code: Code): void {
  code.line();
  code.line('/** A field without a name, kept as it is. */');
  code.block(
    'function decodeRawOxm(r: Reader, match: t.DecodedMatch, header: number, pos: number): void',
    () => {
      code.line('const long = header >>> 16 === 0xffff;');
      code.line(
        "if (long && (header & 0xff) < 4) refuseRead('bad-length', 'match', 'has an experimenter field without an id', pos);",
      );
      code.line('const key = rawOxmKey(header, long ? r.view.getUint32(pos) : 0);');
      code.line("if (match[key] !== undefined) refuseRead('duplicate-field', key, 'stands twice', pos);");
      code.line('match[key] = copyBytes(r.buf, long ? pos + 4 : pos, r.pos);');
    },
  );
  code.line();
  code.line('/** Fields without a header around them, up to `end`. */');
  code.block('export function decodeOxms(r: Reader, end: number): t.DecodedMatch', () => {
    code.line('const match: t.DecodedMatch = {};');
    code.line('r.met = decodeOxmFields(r, end, match, 0);');
    code.line('return match;');
  });
  code.line();
  code.line('/** ofp_match. Section 7.2.3.1. */');
  code.block('export function decodeMatch(r: Reader, end: number): t.DecodedMatch', () => {
    code.line("r.need(end, 8, 'match');");
    code.line('const start = r.pos;');
    code.line(
      "if (r.view.getUint16(start) !== 1) refuseRead('bad-type', 'match', 'is not of the type OXM', start);",
    );
    code.line('const length = r.view.getUint16(start + 2);');
    code.line('const padded = (length + 7) & ~7;');
    code.line(
      "if (length < 4 || padded > end - start) refuseRead('bad-length', 'match', 'has a wrong length', start + 2);",
    );
    code.line('r.pos = start + 4;');
    code.line('const match = decodeOxms(r, start + length);');
    code.line('r.pos = start + padded;');
    code.line('return match;');
  });
  code.line();
  code.line('/** Exactly one field. */');
  code.block(
    'export function decodeOxm(r: Reader, end: number, field: string, masked: boolean): t.DecodedMatch',
    () => {
      code.line('r.need(end, 4, field);');
      code.line('const header = r.view.getUint32(r.pos);');
      code.line(
        "if (!masked && (header & 0x100) !== 0) refuseRead('bad-mask', field, 'cannot have a mask here', r.pos);",
      );
      code.line(
        "if ((header & 0xff) > end - r.pos - 4) refuseRead('bad-length', field, 'has a wrong length', r.pos);",
      );
      code.line('const match: t.DecodedMatch = {};');
      code.line('decodeOxmFields(r, r.pos + 4 + (header & 0xff), match, r.met);');
      code.line('return match;');
    },
  );
}
