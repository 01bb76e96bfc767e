/** Emits one straight-line encoder a structure, and one dispatching encoder a union. */
import type { Union } from '../spec/dsl.js';
import { Code, GENERATED } from './code.js';
import { customCodecs } from './custom.js';
import { EncoderBody } from './encoder-body.js';
import { emitMatchEncoder } from './match-encoder.js';
import { fieldNames, type Model, type Shape } from './model.js';
import { hex, lowerFirst, quote } from './names.js';

/** Elements of lists that can be encoded once for many messages. */
const PREPARABLE = new Set(['Action', 'Instruction']);

export function emitEncoders(model: Model): string {
  const code = new Code();
  code.line(GENERATED);
  code.line("import * as e from '../errors.js';");
  code.line(
    "import { refuseMissing, refuseUint, refuseUnknownKeys, refuseValue, Refusal, within } from '../errors.js';",
  );
  code.line("import { writeErrorCode } from '../error-codes.js';");
  code.line("import { writeIds, writeOxmHeader, writeOxmHeaders, writeShortOxmHeader } from '../ids.js';");
  code.line("import * as o from '../write-oxm.js';");
  code.line("import * as v from '../write-values.js';");
  code.line("import { type Prepared, PREPARED, writePrepared } from '../prepared.js';");
  code.line("import { writeText } from '../text-field.js';");
  code.line("import type { Writer } from '../writer.js';");
  code.line("import { isKnownOxm, OXM_ORDER } from './oxm-table.js';");
  code.line("import * as n from './enumerations.js';");
  code.line("import type * as t from './types.js';");
  for (const { codec, type } of customCodecs(model)) {
    code.line(`import { encode${type} } from '../custom/${codec}.js';`);
  }
  code.line(
    'void [e, refuseMissing, writeIds, writeOxmHeader, writeOxmHeaders, writeShortOxmHeader, writeErrorCode];',
  );
  emitMatchEncoder(code, model);
  for (const shape of model.shapes) emitShape(code, model, shape);
  for (const union of model.specification.unions) emitUnion(code, model, union);
  for (const name of listElements(model)) emitList(code, name);
  return code.toString();
}

/** Element types of all lists. */
export function listElements(model: Model): string[] {
  const names = new Set<string>();
  for (const { fields } of model.shapes)
    for (const field of fields) if (field.kind === 'list') names.add(field.of);
  return [...names].sort();
}

function emitShape(code: Code, model: Model, shape: Shape): void {
  const { typeName, union, variant } = shape;
  const isMessage = union?.frame.kind === 'message';
  code.line();
  const names = fieldNames(shape.fields);
  if (variant !== undefined) names.unshift('type');
  if (isMessage) names.push('xid');
  if (variant?.anyVersion === true) names.push('version');
  code.line(`const KEYS_${typeName} = [${names.map(quote).join(', ')}];`);
  code.line(`/** Section ${shape.section}. */`);
  const xid = isMessage ? ', xid: number | undefined' : '';
  code.block(`export function encode${typeName}(w: Writer, m: t.${typeName}${xid}): void`, () => {
    new EncoderBody(code, model, shape).emit();
  });
}

/** A switch looks at its cases in their order; these are what a controller sends for every packet. */
const FREQUENT = new Set(['packet-out', 'flow-mod', 'output', 'apply-actions']);

function emitUnion(code: Code, model: Model, union: Union): void {
  const { name } = union;
  const isMessage = union.frame.kind === 'message';
  const xid = isMessage ? ', xid: number | undefined' : '';
  code.line();
  code.line(`/** Section ${union.section}. */`);
  code.block(`export function encode${name}(w: Writer, m: t.${name}${xid}): void`, () => {
    code.line(`if (typeof m !== 'object' || m === null) refuseValue('', m, 'an object with a type');`);
    code.block('switch (m.type)', () => {
      const shapes = model.shapesOf(union);
      const isFrequent = (shape: Shape) => FREQUENT.has(shape.variant!.tag);
      for (const shape of [...shapes.filter(isFrequent), ...shapes.filter(shape => !isFrequent(shape))]) {
        code.line(
          `case ${quote(shape.variant!.tag)}: encode${shape.typeName}(w, m${isMessage ? ', xid' : ''}); return;`,
        );
      }
      if (union.open)
        code.line(
          "case 'unknown': encodeUnknown(w, m); return;".replace('Unknown', `Unknown${union.suffix}`),
        );
      code.line(`default: throw new Refusal('bad-type', 'type', \`must be a type of ${name}\`);`);
    });
  });
  if (union.open) emitUnknown(code, model, union);
  if (union.frame.kind === 'body') emitCodeOf(code, union);
  if (union.frame.kind === 'tlv') emitIdCodeOf(code, union);
}

function emitUnknown(code: Code, model: Model, union: Union): void {
  const codes = model.shapesOf(union).map(({ variant }) => variant!.code);
  code.block(`function encodeUnknown${union.suffix}(w: Writer, m: t.Unknown${union.suffix}): void`, () => {
    code.line("refuseUnknownKeys(m, ['type', 'code', 'data']);");
    code.line(
      "if (typeof m.code !== 'number' || (m.code & 0xffff) !== m.code) refuseUint('code', m.code, 16);",
    );
    const taken = codes.map(value => `m.code === ${value}`).join(' || ');
    code.line(`if (${taken}) throw new Refusal('bad-type', 'code', 'belongs to a type that has a name');`);
    code.line('const start = w.pos;');
    code.line('w.reserve(4);');
    code.line('w.view.setUint16(start, m.code);');
    code.line('w.pos = start + 4;');
    code.line("v.writeBytes(w, m.data, 'data');");
    code.line('w.view.setUint16(start + 2, w.pos - start);');
    if (union.frame.kind === 'tlv' && union.frame.padding === 'uncounted')
      code.line('v.writeAlignment(w, start, 8);');
  });
}

/** The type code that stands in the structure around a body. */
function emitCodeOf(code: Code, union: Union): void {
  code.block(`function ${lowerFirst(union.name)}Code(body: t.${union.name}): number`, () => {
    code.line(
      "if (typeof body !== 'object' || body === null) refuseValue('body', body, 'an object with a type');",
    );
    code.block('switch (body.type)', () => {
      for (const { tag, code: number } of union.variants)
        code.line(`case ${quote(tag)}: return ${hex(number)};`);
      code.line(`default: throw new Refusal('bad-type', 'body.type', 'must be a type of ${union.name}');`);
    });
  });
}

/** The type code of a tag in a list of ids; -1 when there is none. */
function emitIdCodeOf(code: Code, union: Union): void {
  code.block(`export function ${lowerFirst(union.name)}IdCode(tag: string): number`, () => {
    code.block('switch (tag)', () => {
      for (const { tag, code: number, experimenter } of union.variants) {
        if (experimenter === undefined) code.line(`case ${quote(tag)}: return ${hex(number)};`);
      }
      code.line('default: return -1;');
    });
  });
}

function emitList(code: Code, of: string): void {
  const bits = /^u(8|16|32)$/.exec(of)?.[1];
  const type = bits === undefined ? `t.${of}` : 'number';
  code.line();
  code.block(
    `export function encode${bits === undefined ? of : of.toUpperCase()}List(w: Writer, list: readonly ${type}[], field: string): void`,
    () => {
      code.line("if (!Array.isArray(list)) refuseValue(field, list, 'a list');");
      if (bits !== undefined) {
        const bytes = Number(bits) / 8;
        code.line(`w.reserve(${bytes} * Math.min(list.length, 0x10000));`);
        code.line("if (list.length > 0xffff) throw new Refusal('too-long', field, 'has too many elements');");
        code.block('for (let i = 0; i < list.length; i++)', () => {
          code.line('const value = list[i]!;');
          code.line(
            `if (typeof value !== 'number' || (value & ${hex(2 ** Number(bits) - 1)}) >>> 0 !== value) refuseUint(field + '[' + i + ']', value, ${bits});`,
          );
          code.line(`w.view.setUint${bits}(w.pos, value);`);
          code.line(`w.pos += ${bytes};`);
        });
        return;
      }
      if (PREPARABLE.has(of)) {
        code.line('const words = (list as Prepared)[PREPARED];');
        code.line('if (words !== undefined) { writePrepared(w, words); return; }');
      }
      code.line('let i = 0;');
      code.block('try', () => {
        code.block('for (; i < list.length; i++)', () => {
          code.line('const element = list[i]!;');
          code.line(
            "if (typeof element !== 'object' || element === null) refuseValue('', element, 'an object');",
          );
          code.line(`encode${of}(w, element);`);
        });
      });
      code.block('catch (error)', () => code.line('throw within(error, field + "[" + i + "]");'));
    },
  );
}
