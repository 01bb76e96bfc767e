/** Emits constants, enumerations and flag sets: numbers, types, and both directions of each. */
import type { Enumeration, FlagSet } from '../spec/dsl.js';
import { Code, GENERATED } from './code.js';
import type { Model } from './model.js';
import { hex, key, lowerFirst, quote } from './names.js';

export function emitEnumerations(model: Model): string {
  const code = new Code();
  code.line(GENERATED);
  code.line("import { refuseValue } from '../errors.js';");
  code.line("import { refuseRead } from '../reader.js';");
  code.line("import type { HexText } from '../ids.js';");
  for (const item of model.specification.constants) {
    code.line();
    if (item.doc !== undefined) code.line(`/** ${item.doc} Section ${item.section}. */`);
    code.block(`export const ${item.name} =`, () => emitNumbers(code, item.values), ' as const;');
  }
  code.line();
  code.line('/** Numbers of the message types. Section 7.1. */');
  code.block(
    'export const MessageType =',
    () => {
      for (const variant of model.union('Message').variants) {
        if (variant.experimenter === undefined) code.line(`${key(variant.tag)}: ${variant.code},`);
      }
    },
    ' as const;',
  );
  for (const item of model.specification.enumerations) emitEnumeration(code, item);
  for (const item of model.specification.flagSets) emitFlagSet(code, item);
  return code.toString();
}

function emitNumbers(code: Code, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) code.line(`${key(name)}: ${hex(value)},`);
}

function emitEnumeration(code: Code, item: Enumeration): void {
  const { name, bits, open } = item;
  const entries = Object.entries(item.values);
  const names = entries.map(([value]) => quote(value)).join(' | ');
  code.line();
  code.line(`/** ${item.doc ?? `Numbers of ${name}.`} Section ${item.section}. */`);
  code.block(`export const ${name} =`, () => emitNumbers(code, item.values), ' as const;');
  code.line(`export type ${name} = ${names}${open ? ' | number' : ''};`);
  code.block(`export function ${lowerFirst(name)}Code(value: unknown, field: string): number`, () => {
    code.block('switch (value)', () => {
      for (const [value, number] of entries) code.line(`case ${quote(value)}: return ${number};`);
    });
    if (open) {
      const max = hex(2 ** bits - 1);
      code.line(`if (typeof value === 'number' && (value & ${max}) >>> 0 === value) return value;`);
    }
    const numbers = open ? `, or an integer of ${bits} bits` : '';
    code.line(
      `return refuseValue(field, value, ${quote(`one of ${entries.map(([value]) => value).join(', ')}${numbers}`)});`,
    );
  });
  code.block(
    `export function ${lowerFirst(name)}Name(code: number, field: string, position: number): ${name}`,
    () => {
      code.block('switch (code)', () => {
        for (const [value, number] of entries) code.line(`case ${number}: return ${quote(value)};`);
      });
      if (open) code.line('void field; void position;').line('return code;');
      else code.line("return refuseRead('bad-value', field, 'has a number without a meaning', position);");
    },
  );
}

function emitFlagSet(code: Code, item: FlagSet): void {
  const { name, open } = item;
  const entries = Object.entries(item.values);
  const all = entries.reduce((bits, [, bit]) => (bits | bit) >>> 0, 0);
  const names = entries.map(([value]) => quote(value)).join(' | ');
  const max = hex(2 ** item.bits - 1);
  code.line();
  code.line(`/** ${item.doc ?? `Bits of ${name}.`} Section ${item.section}. */`);
  code.block(`export const ${name} =`, () => emitNumbers(code, item.values), ' as const;');
  code.line(`export type ${name} = ${names}${open ? ' | HexText' : ''};`);
  code.block(`export function ${lowerFirst(name)}Bits(names: unknown, field: string): number`, () => {
    code.line('if (names === undefined) return 0;');
    code.line("if (!Array.isArray(names)) refuseValue(field, names, 'a list of names');");
    code.line('let bits = 0;');
    code.block('for (const name of names)', () => {
      code.block('switch (name)', () => {
        for (const [value, bit] of entries) code.line(`case ${quote(value)}: bits |= ${hex(bit)}; break;`);
        code.block('default:', () => {
          if (open) {
            code.line(
              "const other = typeof name === 'string' && /^0x[0-9a-f]{1,8}$/i.test(name) ? Number(name) : -1;",
            );
            code.line(`if (other >= 0 && other <= ${max}) { bits |= other; break; }`);
          }
          const also = open ? ', or 0x text' : '';
          code.line(
            `refuseValue(field, name, ${quote(`made of ${entries.map(([value]) => value).join(', ')}${also}`)});`,
          );
        });
      });
    });
    code.line('return bits >>> 0;');
  });
  code.block(
    `export function ${lowerFirst(name)}Names(bits: number, field: string, position: number): ${name}[]`,
    () => {
      code.line(`const names: ${name}[] = [];`);
      for (const [value, bit] of entries)
        code.line(`if ((bits & ${hex(bit)}) !== 0) names.push(${quote(value)});`);
      code.line(`const rest = (bits & ~${hex(all)}) >>> 0;`);
      if (open) {
        code.line('void field; void position;');
        code.line('if (rest !== 0) names.push(("0x" + rest.toString(16)) as "0x");');
      } else {
        code.line("if (rest !== 0) refuseRead('bad-value', field, 'has bits without a meaning', position);");
      }
      code.line('return names;');
    },
  );
}
