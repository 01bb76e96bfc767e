/** Emits one bounds-checked decoder a structure, and one dispatching decoder a union. */
import type { Union } from '../spec/dsl.js';
import { Code, GENERATED } from './code.js';
import { customCodecs } from './custom.js';
import { DecoderBody } from './decoder-body.js';
import { listElements } from './encoders.js';
import { emitMatchDecoder } from './match-decoder.js';
import type { Model, Shape } from './model.js';
import { hex, lowerFirst, quote } from './names.js';

export function emitDecoders(model: Model): string {
  const code = new Code();
  code.line(GENERATED);
  code.line("import { formatIpv4, formatIpv6, formatMac } from '../../address/index.js';");
  code.line("import { readErrorCode } from '../error-codes.js';");
  code.line(
    "import { rawOxmKey, readIds, readOxmHeader, readOxmHeaders, readShortOxmHeader } from '../ids.js';",
  );
  code.line("import * as o from '../read-oxm.js';");
  code.line("import { copyBytes, type Reader, refuseRead } from '../reader.js';");
  code.line("import { readText } from '../text-field.js';");
  code.line("import { readMac, readU128 } from '../write-values.js';");
  code.line("import * as n from './enumerations.js';");
  code.line("import type * as t from './types.js';");
  for (const { codec, type } of customCodecs(model)) {
    code.line(`import { decode${type} } from '../custom/${codec}.js';`);
  }
  code.line(
    'void [formatIpv4, formatIpv6, formatMac, readErrorCode, readIds, readOxmHeader, readOxmHeaders, readShortOxmHeader, readText, readMac, readU128];',
  );
  code.line(
    '/** Set where it lies within the message that is decoded; a bundle holds at most one message. */',
  );
  code.line('const MAX_DEPTH = 1;');
  emitMatchDecoder(code, model);
  for (const shape of model.shapes) emitShape(code, model, shape);
  for (const union of model.specification.unions) emitUnion(code, model, union);
  for (const name of listElements(model)) emitList(code, name);
  return code.toString();
}

function emitShape(code: Code, model: Model, shape: Shape): void {
  const parameters = ['r: Reader', 'limit: number'];
  if (shape.union?.frame.kind === 'message') parameters.push('xid: number');
  if (shape.variant?.anyVersion === true) parameters.push('version: number');
  code.line();
  code.line(`/** Section ${shape.section}. */`);
  code.block(
    `export function decode${shape.typeName}(${parameters.join(', ')}): t.Decoded${shape.typeName}`,
    () => {
      new DecoderBody(code, model, shape).emit();
    },
  );
}

function emitUnion(code: Code, model: Model, union: Union): void {
  if (union.frame.kind === 'message') emitMessage(code, model, union);
  else if (union.frame.kind === 'body') emitBody(code, model, union);
  else emitTlv(code, model, union);
}

/** The `switch` over members; `args` are handed to each. */
function emitMembers(
  code: Code,
  model: Model,
  union: Union,
  args: (shape: Shape) => string,
  unknown: string,
): void {
  const shapes = model.shapesOf(union);
  const direct = shapes.filter(({ variant }) => variant!.experimenter === undefined);
  const extended = shapes.filter(({ variant }) => variant!.experimenter !== undefined);
  const experimenterCode = union.experimenter?.code;
  code.block('switch (code)', () => {
    for (const shape of direct) {
      if (shape.variant!.code === experimenterCode && extended.length > 0) continue;
      code.line(
        `case ${hex(shape.variant!.code)}: value = decode${shape.typeName}(r, end${args(shape)}); break;`,
      );
    }
    if (extended.length > 0) emitExperimenters(code, union, extended, direct, args);
    code.line(`default: ${unknown}`);
  });
}

function emitExperimenters(
  code: Code,
  union: Union,
  extended: readonly Shape[],
  direct: readonly Shape[],
  args: (shape: Shape) => string,
): void {
  const { code: experimenterCode, subtypeBits } = union.experimenter!;
  const fallback = direct.find(({ variant }) => variant!.code === experimenterCode)!;
  const size = 4 + subtypeBits / 8;
  code.block(`case ${hex(experimenterCode)}:`, () => {
    code.line(`const id = end - r.pos < ${size} ? -1 : r.view.getUint32(r.pos);`);
    code.line(`const subtype = id < 0 ? -1 : r.view.getUint${subtypeBits}(r.pos + 4);`);
    for (const id of new Set(extended.map(({ variant }) => variant!.experimenter!.id))) {
      code.block(`if (id === ${hex(id)})`, () => {
        code.block('switch (subtype)', () => {
          for (const shape of extended) {
            const { experimenter } = shape.variant!;
            if (experimenter!.id !== id) continue;
            code.line(
              `case ${experimenter!.subtype}: r.pos += ${size}; value = decode${shape.typeName}(r, end${args(shape)}); break;`,
            );
          }
        });
      });
    }
    code.line(`if (value === undefined) value = decode${fallback.typeName}(r, end${args(fallback)});`);
    code.line('break;');
  });
}

function emitMessage(code: Code, model: Model, union: Union): void {
  const anyVersion = union.variants
    .filter(variant => variant.anyVersion === true)
    .map(variant => `code !== ${variant.code}`);
  code.line();
  code.line('/** The message at r.pos, whose whole length lies before `limit`. Section 7.1. */');
  code.block('export function decodeMessage(r: Reader, limit: number): t.DecodedMessage', () => {
    code.line("r.need(limit, 8, 'header');");
    code.line(
      "if (r.depth > MAX_DEPTH) refuseRead('bad-value', '', 'stands too deep within other messages', r.pos);",
    );
    code.line('const start = r.pos;');
    code.line('const version = r.view.getUint8(start);');
    code.line('const code = r.view.getUint8(start + 1);');
    code.line('const length = r.view.getUint16(start + 2);');
    code.line('const xid = r.view.getUint32(start + 4);');
    code.line(
      "if (length < 8 || length > limit - start) refuseRead('bad-length', 'header', 'has a wrong length', start + 2);",
    );
    code.line(
      `if (version !== 4 && (version === 0 || (${anyVersion.join(' && ')}))) refuseRead('bad-version', 'header', 'is not of version 4', start);`,
    );
    code.line('const end = start + length;');
    code.line('const met = r.met;');
    code.line('r.pos = start + 8;');
    code.line('r.met = -1;');
    code.line('r.depth++;');
    code.line('let value: t.DecodedMessage | undefined;');
    emitMembers(
      code,
      model,
      union,
      ({ variant }) => `, xid${variant!.anyVersion === true ? ', version' : ''}`,
      "refuseRead('bad-type', 'header', 'has a type without a meaning', start + 1);",
    );
    code.line('r.finish(end, value.type);');
    code.line('r.depth--;');
    code.line('r.met = met;');
    code.line('return value;');
  });
}

function emitBody(code: Code, model: Model, union: Union): void {
  code.line();
  code.line(`/** Section ${union.section}. */`);
  code.block(
    `export function decode${union.name}(r: Reader, end: number, code: number): t.Decoded${union.name}`,
    () => {
      code.line(`let value: t.Decoded${union.name} | undefined;`);
      emitMembers(
        code,
        model,
        union,
        () => '',
        "refuseRead('bad-type', 'body', 'has a type without a meaning', r.pos);",
      );
      code.line('r.finish(end, value.type);');
      code.line('return value;');
    },
  );
}

function emitTlv(code: Code, model: Model, union: Union): void {
  const { name, frame } = union;
  const padding = frame.kind === 'tlv' ? frame.padding : 'none';
  const what = quote(lowerFirst(name));
  code.line();
  code.line(`/** Section ${union.section}. */`);
  code.block(`export function decode${name}(r: Reader, limit: number): t.Decoded${name}`, () => {
    code.line(`r.need(limit, 4, ${what});`);
    code.line('const start = r.pos;');
    const lengthAt = frame.kind === 'tlv' && frame.lengthFirst === true ? 0 : 2;
    code.line(`const code = r.view.getUint16(start + ${2 - lengthAt});`);
    code.line(`const length = r.view.getUint16(start + ${lengthAt});`);
    const size = padding === 'uncounted' ? '((length + 7) & ~7)' : 'length';
    const aligned = padding === 'counted' ? ' || (length & 7) !== 0' : '';
    code.line(
      `if (length < 4 || ${size} > limit - start${aligned}) refuseRead('bad-length', ${what}, 'has a wrong length', start + ${lengthAt});`,
    );
    code.line('const end = start + length;');
    code.line('r.pos = start + 4;');
    code.line(`let value: t.Decoded${name} | undefined;`);
    const unknown = union.open
      ? "value = { type: 'unknown', code, data: r.bytes(end) };"
      : `refuseRead('bad-type', ${what}, 'has a type without a meaning', start);`;
    emitMembers(code, model, union, () => '', unknown);
    code.line('r.finish(end, value.type);');
    if (padding === 'uncounted') code.line(`r.pos = start + ${size};`);
    code.line('return value;');
  });
  code.block(`export function ${lowerFirst(name)}IdTag(code: number): t.${name}Tag | undefined`, () => {
    code.block('switch (code)', () => {
      for (const { tag, code: number, experimenter } of union.variants) {
        if (experimenter === undefined) code.line(`case ${hex(number)}: return ${quote(tag)};`);
      }
      code.line('default: return undefined;');
    });
  });
}

function emitList(code: Code, of: string): void {
  const bits = /^u(8|16|32)$/.exec(of)?.[1];
  code.line();
  if (bits !== undefined) {
    const size = Number(bits) / 8;
    code.block(`export function decode${of.toUpperCase()}List(r: Reader, end: number): number[]`, () => {
      if (size > 1)
        code.line(
          `if ((end - r.pos) % ${size} !== 0) refuseRead('bad-length', '', 'has a broken last element', r.pos);`,
        );
      code.line('const list: number[] = [];');
      code.line(`for (; r.pos < end; r.pos += ${size}) list.push(r.view.getUint${bits}(r.pos));`);
      code.line('return list;');
    });
    return;
  }
  code.block(`export function decode${of}List(r: Reader, end: number): t.Decoded${of}[]`, () => {
    code.line(`const list: t.Decoded${of}[] = [];`);
    code.line(`while (r.pos < end) list.push(decode${of}(r, end));`);
    code.line('return list;');
  });
}
