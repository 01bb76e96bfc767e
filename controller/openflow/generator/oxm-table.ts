/** Emits the table of match fields, and the tables of error codes. */
import type { ErrorCodes } from '../spec/dsl.js';
import { Code, GENERATED } from './code.js';
import { type Model, oxmHeader, oxmSize } from './model.js';
import { hex, key, quote } from './names.js';

export function emitOxmTable(model: Model): string {
  const code = new Code();
  code.line(GENERATED);
  code.line('/** A match field. Section 7.2.3.7. */');
  code.block('export interface OxmFieldInfo', () => {
    code.line('readonly name: string;');
    code.line('/** OXM header without a mask; its length is 0 where the length varies. */');
    code.line('readonly header: number;');
    code.line('/** Experimenter id for class 0xffff, else 0. */');
    code.line('readonly experimenter: number;');
    code.line('readonly kind: string;');
    code.line('/** Significant bits, and bytes on the wire. */');
    code.line('readonly bits: number;');
    code.line('readonly size: number;');
    code.line('readonly maskable: boolean;');
    code.line('/** What must be true of the other fields. */');
    code.line('readonly requires: string | undefined;');
  });
  code.line('/** Every match field, in canonical wire order. */');
  code.line('export const OXM_FIELDS: readonly OxmFieldInfo[] = [');
  for (const field of model.specification.oxmFields) {
    const requires =
      field.requires === undefined ? 'undefined' : quote(model.conditions.get(field.requires)!.doc);
    code.line(
      `  { name: ${quote(field.name)}, header: ${hex(oxmHeader(field))}, experimenter: ${hex(field.experimenter ?? 0)}, ` +
        `kind: ${quote(field.kind)}, bits: ${field.bits}, size: ${oxmSize(field)}, ` +
        `maskable: ${field.maskable !== false}, requires: ${requires} },`,
    );
  }
  code.line('];');
  code.line(
    'export const OXM_ORDER: ReadonlyMap<string, number> = new Map(OXM_FIELDS.map(({ name }, index) => [name, index]));',
  );
  code.line(
    'const KNOWN = new Set(OXM_FIELDS.map(({ header, experimenter }) => (header >>> 9) + "/" + experimenter));',
  );
  code.line('/** Whether class, field and experimenter belong to a field with a name. */');
  code.line(
    'export const isKnownOxm = (header: number, experimenter: number): boolean => KNOWN.has((header >>> 9) + "/" + experimenter);',
  );
  return code.toString();
}

export function emitErrorTables(model: Model): string {
  const code = new Code();
  code.line(GENERATED);
  const table = (name: string, doc: string, rows: readonly ErrorCodes[]): void => {
    code.line(`/** ${doc} */`);
    code.block(
      `export const ${name}: Readonly<Record<number, Readonly<Record<string, number>>>> =`,
      () => {
        const byCode = new Map<number, Record<string, number>>();
        for (const row of rows) byCode.set(row.code, { ...byCode.get(row.code), ...row.codes });
        for (const [number, codes] of byCode) {
          const entries = Object.entries(codes).map(([item, value]) => `${key(item)}: ${value}`);
          code.line(`${hex(number)}: { ${entries.join(', ')} },`);
        }
      },
      ';',
    );
  };
  const { errorCodes, experimenterErrorCodes } = model.specification;
  table('ERROR_CODES', 'Codes by error type. Section 7.4.4.', errorCodes);
  table('EXPERIMENTER_ERROR_CODES', 'Codes by experimenter id.', experimenterErrorCodes);
  code.line('/** The list in each multipart reply of which a switch may send parts. */');
  code.block(
    'export const MULTIPART_LISTS: Readonly<Record<string, string>> =',
    () => {
      for (const variant of model.union('MultipartReplyBody').variants) {
        const list = variant.fields.at(-1);
        if (list?.kind === 'list') code.line(`${key(variant.tag)}: ${quote(list.name)},`);
      }
    },
    ';',
  );
  return code.toString();
}
