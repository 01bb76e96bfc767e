/**
 * Emits the statements that encode one shape. Fields of a fixed size that follow each other form a run: room for
 * all of them is reserved once, and each is stored at a constant offset.
 */
import type { Field, PackedPart } from '../spec/dsl.js';
import type { Code } from './code.js';
import { customTypeName } from './custom.js';
import type { Model, Shape } from './model.js';
import { hex, lowerFirst, quote } from './names.js';

type NamedField = Extract<Field, { name: string }>;

export class EncoderBody {
  private readonly code: Code;
  private readonly model: Model;
  private readonly shape: Shape;
  private run: { size: number; emit: (offset: number) => void }[] = [];
  private runs = 0;
  /** Offset of the length from the start, where a length is to be filled in at the end. */
  private lengthAt: number | undefined;
  private required = 0;
  private readonly totalSize: number | undefined;

  constructor(code: Code, model: Model, shape: Shape) {
    this.code = code;
    this.model = model;
    this.shape = shape;
    let total: number | undefined = shape.headerSize;
    for (const field of shape.fields) {
      const size = model.fixedSize(field);
      total = total === undefined || size === undefined ? undefined : total + size;
    }
    this.totalSize = total;
  }

  emit(): void {
    const { code, shape } = this;
    this.required = shape.fields.flatMap(requiredNames).length + (shape.variant === undefined ? 0 : 1);
    code.line(`let known = ${this.required};`);
    this.header();
    for (const field of shape.fields) this.field(field);
    this.flush();
    this.end();
    code.line('for (const _ in m) known--;');
    code.line(`if (known !== 0) refuseUnknownKeys(m, KEYS_${shape.typeName});`);
  }

  private header(): void {
    const { code, shape } = this;
    const { union, variant } = shape;
    if (union === undefined || variant === undefined) return;
    if (union.frame.kind === 'message') {
      if (shape.fields.some(({ kind }) => kind === 'message')) code.line('const given = xid;');
      code.line('if (m.xid !== undefined) known++;');
      code.line('if (xid === undefined) xid = m.xid ?? 0;');
      code.line("if (typeof xid !== 'number' || xid >>> 0 !== xid) refuseUint('xid', xid, 32);");
      if (variant.anyVersion === true) {
        code.line('let version = m.version;');
        code.line('if (version === undefined) version = 4; else known++;');
        code.line(
          "if (typeof version !== 'number' || (version & 0xff) !== version || version === 0) refuseValue('version', version, 'an integer from 1 to 255');",
        );
      }
      this.add(8, at => {
        const number = variant.experimenter === undefined ? variant.code : union.experimenter!.code;
        const type = (number << 16) | (this.totalSize ?? 0);
        if (variant.anyVersion === true)
          code.line(`view.setUint32(${at}, ((version << 24) | ${hex(type)}) >>> 0);`);
        else code.line(`view.setUint32(${at}, ${hex(0x04000000 + type)});`);
        code.line(`view.setUint32(${plus(at, 4)}, xid);`);
      });
      this.lengthAt = 2;
    } else if (union.frame.kind === 'tlv') {
      const size = this.totalSize ?? 0;
      const [high, low] = union.frame.lengthFirst === true ? [size, variant.code] : [variant.code, size];
      this.add(4, at => code.line(`view.setUint32(${at}, ${hex(((high << 16) >>> 0) + low)});`));
      this.lengthAt = union.frame.lengthFirst === true ? 0 : 2;
    }
    const { experimenter } = variant;
    if (experimenter !== undefined) {
      const bits = union.experimenter!.subtypeBits;
      this.add(4, at => code.line(`view.setUint32(${at}, ${hex(experimenter.id)});`));
      this.add(bits / 8, at => code.line(`view.setUint${bits}(${at}, ${experimenter.subtype});`));
    }
  }

  private add(size: number, emit: (at: string) => void): void {
    this.run.push({ size, emit: offset => emit(plus('pos', offset)) });
  }

  private flush(): void {
    if (this.run.length === 0) return;
    const { code } = this;
    const size = this.run.reduce((total, item) => total + item.size, 0);
    code.line(`w.reserve(${size});`);
    if (this.runs === 0) {
      code.line('let view = w.view;').line('let pos = w.pos;').line('const start = pos;');
    } else {
      code.line('view = w.view;').line('pos = w.pos;');
    }
    this.runs++;
    let offset = 0;
    for (const item of this.run) {
      item.emit(offset);
      offset += item.size;
    }
    code.line(`w.pos = pos + ${size};`);
    this.run = [];
  }

  /** Starts a field of varying size: what came before is written out. */
  private dynamic(): void {
    this.flush();
    if (this.runs === 0) {
      this.code.line('let view = w.view;').line('let pos = w.pos;').line('const start = pos;');
      this.runs++;
    }
  }

  private end(): void {
    const { code, shape } = this;
    const frame = shape.union?.frame;
    const last = shape.fields.findLast(field => 'name' in field) as NamedField | undefined;
    if (this.totalSize === undefined) {
      if (frame?.kind === 'tlv' && frame.padding === 'counted') {
        code.line(
          `if (((w.pos - start) & 7) !== 0) throw new Refusal('bad-length', ${quote(last?.name ?? '')}, 'must fill a multiple of 8 bytes');`,
        );
      }
      if (this.lengthAt !== undefined)
        code.line(`w.view.setUint16(start + ${this.lengthAt}, w.pos - start);`);
    }
    if (frame?.kind === 'tlv' && frame.padding === 'uncounted') code.line('v.writeAlignment(w, start, 8);');
    if (shape.variant?.changesHeaders === true) code.line('w.met = -1;');
    code.line(this.runs > 0 ? 'void [start, view, pos];' : 'void w;');
  }

  /** Declares a local with the field's value or its default, and counts the field when it is there. */
  private value(field: { name: string; default?: unknown }, fallback?: string): string {
    const name = `${field.name}_`;
    const preset = fallback ?? (field.default === undefined ? undefined : literal(field.default));
    if (preset === undefined) {
      this.code.line(`const ${name} = m.${field.name};`);
    } else {
      this.code.line(`let ${name} = m.${field.name};`);
      this.code.line(`if (${name} === undefined) ${name} = ${preset}; else known++;`);
    }
    return name;
  }

  private field(field: Field): void {
    const { code } = this;
    const name = 'name' in field ? quote(field.name) : '';
    switch (field.kind) {
      case 'pad':
        this.add(field.size, at => this.zeros(at, field.size));
        return;
      case 'uint':
        this.uint(field, field.bits);
        return;
      case 'packed':
        this.packed(field.bits, field.parts);
        return;
      case 'u64':
      case 'u128':
      case 'mac':
      case 'ipv4':
        this.add(this.model.fixedSize(field)!, at => {
          const kind = { u64: 'U64', u128: 'U128', mac: 'Mac', ipv4: 'Ipv4' }[field.kind];
          code.line(`v.write${kind}(view, ${at}, ${this.value(field)}, ${name});`);
        });
        return;
      case 'ipv6':
        this.add(16, at => code.line(`v.writeIpv6(w.buf, ${at}, ${this.value(field)}, ${name});`));
        return;
      case 'text':
        this.add(field.size, at =>
          code.line(`writeText(w.buf, ${at}, ${field.size}, ${this.value(field)}, ${name});`),
        );
        return;
      case 'enum': {
        const { bits, name: type, values } = this.model.enumeration(field.of);
        this.add(bits / 8, at => {
          const value = `${field.name}_`;
          const encoder = `n.${lowerFirst(type)}Code(m.${field.name}, ${name})`;
          if (field.default === undefined) code.line(`const ${value} = ${encoder};`);
          else {
            const preset = typeof field.default === 'number' ? field.default : values[field.default]!;
            code.line(`let ${value} = ${preset};`);
            code.line(`if (m.${field.name} !== undefined) { known++; ${value} = ${encoder}; }`);
          }
          code.line(`view.setUint${bits}(${at}, ${value});`);
        });
        return;
      }
      case 'flags': {
        const { bits, name: type } = this.model.flagSet(field.of);
        this.add(bits / 8, at => {
          code.line(`let ${field.name}_ = 0;`);
          code.line(
            `if (m.${field.name} !== undefined) { known++; ${field.name}_ = n.${lowerFirst(type)}Bits(m.${field.name}, ${name}); }`,
          );
          code.line(`view.setUint${bits}(${at}, ${field.name}_);`);
        });
        return;
      }
      case 'length':
        this.lengthAt = this.shape.headerSize + this.run.reduce((total, item) => total + item.size, 0);
        if (this.shape.headerSize !== 0) throw new Error('a length stands only in a structure');
        if (this.runs > 0) throw new Error('a length stands before every field of varying size');
        this.add(2, at => code.line(`view.setUint16(${at}, ${this.totalSize ?? 0});`));
        return;
      case 'length-of':
        this.add(2, at => code.line(`const ${field.of}LengthAt = ${at};`));
        return;
      case 'count-of':
        this.add(field.bits / 8, at => {
          const target = this.shape.fields.find(
            other => 'name' in other && other.name === field.of,
          ) as NamedField;
          const count =
            'default' in target && target.default !== undefined
              ? `(m.${field.of}?.length ?? 0)`
              : `m.${field.of}.length`;
          code.line(
            `if (${count} > ${hex(2 ** field.bits - 1)}) throw new Refusal('too-long', ${quote(field.of)}, 'has too many elements');`,
          );
          code.line(`view.setUint${field.bits}(${at}, ${count});`);
        });
        return;
      case 'tag-of':
        this.add(2, at => code.line(`view.setUint16(${at}, ${lowerFirst(field.union)}Code(m.${field.of}));`));
        return;
      case 'align':
        this.dynamic();
        code.line(`v.writeAlignment(w, start, ${field.to});`);
        return;
      default:
        this.dynamic();
        this.dynamicField(field);
    }
  }

  private dynamicField(field: NamedField): void {
    const { code } = this;
    const name = quote(field.name);
    const measured = this.shape.fields.some(other => other.kind === 'length-of' && other.of === field.name);
    if (measured) code.line(`const ${field.name}From = w.pos;`);
    switch (field.kind) {
      case 'bytes': {
        const value = this.value(field);
        if (field.size === undefined) code.line(`v.writeBytes(w, ${value}, ${name});`);
        else code.line(`v.writeSizedBytes(w, ${value}, ${field.size}, ${name});`);
        break;
      }
      case 'list': {
        const of = /^u\d+$/.test(field.of) ? field.of.toUpperCase() : field.of;
        const call = (value: string) => `encode${of}List(w, ${value}, ${name})`;
        const recursive = field.of === this.shape.union?.name;
        this.ifPresent(field, value =>
          recursive ? `w.descend(${name}); ${call(value)}; w.nesting--` : call(value),
        );
        break;
      }
      case 'ids':
        this.ifPresent(field, value => `writeIds(w, ${value}, ${lowerFirst(field.of)}IdCode, ${name})`);
        break;
      case 'oxm-ids':
        this.ifPresent(field, value => `writeOxmHeaders(w, ${value}, ${name})`);
        break;
      case 'oxm-header':
        code.line(
          `${field.wide ? 'writeOxmHeader' : 'writeShortOxmHeader'}(w, ${this.value(field)}, ${name});`,
        );
        break;
      case 'match':
        code.line(`encodeMatch(w, ${this.value(field, 'EMPTY_MATCH')}, ${name});`);
        break;
      case 'oxms':
        code.line(`encodeOxms(w, ${this.value(field, 'EMPTY_MATCH')}, ${name});`);
        break;
      case 'oxm':
        code.line(`encodeOxm(w, m.${field.name}, ${name}, ${field.masked});`);
        break;
      case 'nested':
      case 'body':
        code.line(
          `if (typeof m.${field.name} !== 'object' || m.${field.name} === null) refuseValue(${name}, m.${field.name}, 'an object');`,
        );
        code.line(
          `try { encode${field.of}(w, m.${field.name}); } catch (error) { throw within(error, ${name}); }`,
        );
        break;
      case 'message':
        code.line(
          `try { encodeMessage(w, m.${field.name}, given ?? m.${field.name}?.xid ?? xid); } catch (error) { throw within(error, ${name}); }`,
        );
        break;
      case 'custom':
        code.line(`encode${customTypeName(field.codec)}(w, ${this.value(field)}, ${name});`);
        break;
      case 'error-code':
        code.line('if (m.experimenter !== undefined) known++;');
        code.line(`writeErrorCode(w, m.${field.typeField}, m.${field.name}, m.experimenter);`);
        break;
      default:
        throw new Error(`no encoder for a field of kind ${field.kind}`);
    }
    if (!measured) return;
    const size =
      field.kind === 'match' ? `w.view.getUint16(${field.name}From + 2)` : `w.pos - ${field.name}From`;
    code.line(`w.view.setUint16(${field.name}LengthAt, ${size});`);
  }

  /** A list whose default is the empty one. */
  private ifPresent(field: NamedField, call: (value: string) => string): void {
    const value = `m.${field.name}`;
    if ('default' in field && field.default !== undefined) {
      this.code.line(`if (${value} !== undefined) { known++; ${call(value)}; }`);
    } else {
      this.code.line(`${call(value)};`);
    }
  }

  private uint(field: { name: string; default?: unknown }, bits: 8 | 16 | 32): void {
    this.add(bits / 8, at => {
      const { code } = this;
      const value = `${field.name}_`;
      const wrong =
        bits === 32 ? `${value} >>> 0 !== ${value}` : `(${value} & ${hex(2 ** bits - 1)}) !== ${value}`;
      const check = `if (typeof ${value} !== 'number' || ${wrong}) refuseUint(${quote(field.name)}, ${value}, ${bits});`;
      if (field.default === undefined) {
        code.line(`const ${value} = m.${field.name};`);
        code.line(check);
      } else {
        code.line(`let ${value} = m.${field.name};`);
        code.line(`if (${value} === undefined) ${value} = ${literal(field.default)};`);
        code.line(`else { known++; ${check} }`);
      }
      code.line(`view.setUint${bits}(${at}, ${value});`);
    });
  }

  private packed(bits: 8 | 16 | 32, parts: readonly PackedPart[]): void {
    this.add(bits / 8, at => {
      const { code } = this;
      let shift = bits as number;
      const terms: string[] = [];
      for (const part of parts) {
        shift -= part.bits;
        const bias = part.bias ?? 0;
        const value = this.value(part);
        const stored = bias === 0 ? value : `(${value} - ${bias})`;
        const max = hex(2 ** part.bits - 1);
        code.line(
          `if (typeof ${value} !== 'number' || (${stored} & ${max}) >>> 0 !== ${stored}) refuseValue(${quote(part.name)}, ${value}, 'an integer from ${bias} to ${2 ** part.bits - 1 + bias}');`,
        );
        terms.push(`(${stored} << ${shift})`);
      }
      if (shift !== 0) throw new Error('the parts of a packed integer must fill it');
      code.line(`view.setUint${bits}(${at}, (${terms.join(' | ')}) >>> 0);`);
    });
  }

  private zeros(at: string, size: number): void {
    let offset = 0;
    for (const step of [4, 2, 1]) {
      while (size - offset >= step) {
        this.code.line(`view.setUint${step * 8}(${plus(at, offset)}, 0);`);
        offset += step;
      }
    }
  }
}

function requiredNames(field: Field): string[] {
  if (field.kind === 'packed')
    return field.parts.filter(part => part.default === undefined).map(part => part.name);
  if (!('name' in field) || field.kind === 'flags') return [];
  return 'default' in field && field.default !== undefined ? [] : [field.name];
}

/** `base + offset`, folded where base ends in a constant. */
function plus(base: string, offset: number): string {
  const parts = /^(\w+) \+ (\d+)$/.exec(base);
  const total = offset + Number(parts?.[2] ?? 0);
  return total === 0 ? (parts?.[1] ?? base) : `${parts?.[1] ?? base} + ${total}`;
}

function literal(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' && value > 9) return hex(value);
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}
