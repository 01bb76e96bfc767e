/**
 * Emits the statements that decode one shape. A run of fields of fixed size is checked against the end once, then
 * read at constant offsets.
 */
import type { Field } from '../spec/dsl.js';
import type { Code } from './code.js';
import { customTypeName } from './custom.js';
import type { Model, Shape } from './model.js';
import { hex, key, lowerFirst, quote } from './names.js';

type NamedField = Extract<Field, { name: string }>;

export class DecoderBody {
  private readonly code: Code;
  private readonly model: Model;
  private readonly shape: Shape;
  private run: { field: Field; size: number }[] = [];
  private runs = 0;

  constructor(code: Code, model: Model, shape: Shape) {
    this.code = code;
    this.model = model;
    this.shape = shape;
  }

  emit(): void {
    const { code, shape } = this;
    const { fields, headerSize, variant, union } = shape;
    code.line('const view = r.view;');
    code.line('let pos = r.pos;');
    code.line(`const start = pos - ${headerSize};`);
    code.line('let end = limit;');
    for (const field of fields) {
      const size = this.model.fixedSize(field);
      if (size !== undefined) this.run.push({ field, size });
      else {
        this.flush();
        this.dynamic(field);
      }
    }
    this.flush();
    if (fields.some(({ kind }) => kind === 'length'))
      code.line(`r.finish(end, ${quote(lowerFirst(shape.typeName))});`);
    if (variant?.changesHeaders === true) code.line('r.met = -1;');
    code.line('void [view, pos, start, end];');
    const members: string[] = [];
    if (variant !== undefined) members.push(`type: ${quote(variant.tag)}`);
    if (variant?.anyVersion === true) members.push('...(version === 4 ? {} : { version })');
    if (union?.frame.kind === 'message') members.push('xid');
    for (const field of fields) members.push(...this.members(field));
    code.line(`return { ${members.join(', ')} };`);
  }

  private members(field: Field): string[] {
    if (field.kind === 'packed') return field.parts.map(({ name }) => `${key(name)}: ${name}_`);
    if (!('name' in field)) return [];
    if (field.kind !== 'error-code') return [`${key(field.name)}: ${field.name}_`];
    return [
      `${key(field.name)}: ${field.name}_.code`,
      `...(${field.name}_.experimenter === undefined ? {} : { experimenter: ${field.name}_.experimenter })`,
    ];
  }

  private flush(): void {
    if (this.run.length === 0) return;
    const { code } = this;
    const size = this.run.reduce((total, item) => total + item.size, 0);
    code.line(`r.need(end, ${size}, ${quote(lowerFirst(this.shape.typeName))});`);
    if (this.runs++ > 0) code.line('pos = r.pos;');
    let offset = 0;
    for (const item of this.run) {
      this.fixed(item.field, offset === 0 ? 'pos' : `pos + ${offset}`, size);
      offset += item.size;
    }
    code.line(`r.pos = pos + ${size};`);
    this.run = [];
  }

  private fixed(field: Field, at: string, runSize: number): void {
    const { code } = this;
    switch (field.kind) {
      case 'uint':
        code.line(`const ${field.name}_ = view.getUint${field.bits}(${at});`);
        return;
      case 'u64':
        code.line(`const ${field.name}_ = view.getBigUint64(${at});`);
        return;
      case 'u128':
        code.line(`const ${field.name}_ = readU128(view, ${at});`);
        return;
      case 'mac':
        code.line(`const ${field.name}_ = formatMac(readMac(view, ${at}));`);
        return;
      case 'ipv4':
        code.line(`const ${field.name}_ = formatIpv4(view.getUint32(${at}));`);
        return;
      case 'ipv6':
        code.line(`const ${field.name}_ = formatIpv6(r.buf, ${at});`);
        return;
      case 'text':
        code.line(`const ${field.name}_ = readText(r.buf, ${at}, ${field.size});`);
        return;
      case 'enum': {
        const { bits, name } = this.model.enumeration(field.of);
        code.line(
          `const ${field.name}_ = n.${lowerFirst(name)}Name(view.getUint${bits}(${at}), ${quote(field.name)}, ${at});`,
        );
        return;
      }
      case 'flags': {
        const { bits, name } = this.model.flagSet(field.of);
        code.line(
          `const ${field.name}_ = n.${lowerFirst(name)}Names(view.getUint${bits}(${at}), ${quote(field.name)}, ${at});`,
        );
        return;
      }
      case 'packed': {
        let shift = field.bits as number;
        for (const part of field.parts) {
          shift -= part.bits;
          const bias = part.bias === undefined ? '' : ` + ${part.bias}`;
          code.line(
            `const ${part.name}_ = ((view.getUint${field.bits}(${at}) >>> ${shift}) & ${hex(2 ** part.bits - 1)})${bias};`,
          );
        }
        return;
      }
      case 'length':
        code.line(`const length_ = view.getUint16(${at});`);
        code.line(
          `if (length_ < ${runSize} || length_ > limit - start) refuseRead('bad-length', ${quote(lowerFirst(this.shape.typeName))}, 'has a wrong length', ${at});`,
        );
        code.line('end = start + length_;');
        return;
      case 'length-of':
        code.line(`const ${field.of}Length = view.getUint16(${at});`);
        return;
      case 'count-of':
        code.line(`const ${field.of}Count = view.getUint${field.bits}(${at});`);
        return;
      case 'tag-of':
        code.line(`const ${field.of}Code = view.getUint16(${at});`);
        return;
      default:
        return;
    }
  }

  private dynamic(field: Field): void {
    const { code, shape } = this;
    if (field.kind === 'align') {
      const target = `start + Math.ceil((r.pos - start) / ${field.to}) * ${field.to}`;
      code.line(`const aligned_ = ${target};`);
      code.line(
        `if (aligned_ > end) refuseRead('bad-length', ${quote(lowerFirst(shape.typeName))}, 'is not padded', r.pos);`,
      );
      code.line('r.pos = aligned_;');
      return;
    }
    if (!('name' in field)) return;
    const measured = shape.fields.some(other => other.kind === 'length-of' && other.of === field.name);
    if (measured && field.kind === 'match') {
      code.line(`if (end - r.pos < 4 || view.getUint16(r.pos + 2) !== ${field.name}Length)`);
      code.line(
        `  refuseRead('bad-length', ${quote(field.name)}, 'has another length than the one before it', r.pos);`,
      );
    }
    let until = 'end';
    if (measured && field.kind !== 'match') {
      until = `${field.name}End`;
      code.line(`const ${until} = r.pos + ${field.name}Length;`);
      code.line(
        `if (${until} > end) refuseRead('bad-length', ${quote(field.name)}, 'goes beyond the end', r.pos);`,
      );
    }
    const recursive = field.kind === 'list' && field.of === shape.union?.name;
    if (recursive) code.line(`r.descend(${quote(field.name)});`);
    if (shape.fields.some(other => other.kind === 'count-of' && other.of === field.name)) this.counted(field);
    else code.line(`const ${field.name}_ = ${this.expression(field, until)};`);
    if (recursive) code.line('r.nesting--;');
    if (until !== 'end') code.line(`r.finish(${until}, ${quote(field.name)});`);
  }

  /** A list of as many elements as an earlier count says. */
  private counted(field: NamedField): void {
    const { code } = this;
    if (field.kind !== 'list') throw new Error('only a list is counted');
    const bits = /^u(8|16|32)$/.exec(field.of)?.[1];
    if (bits !== undefined) {
      const size = `${field.name}Count * ${Number(bits) / 8}`;
      code.line(`r.need(end, ${size}, ${quote(field.name)});`);
      code.line(`const ${field.name}_ = decode${field.of.toUpperCase()}List(r, r.pos + ${size});`);
      return;
    }
    code.line(`const ${field.name}_: t.Decoded${field.of}[] = [];`);
    code.line(`for (let i = 0; i < ${field.name}Count; i++) ${field.name}_.push(decode${field.of}(r, end));`);
  }

  private expression(field: NamedField, until: string): string {
    const name = quote(field.name);
    switch (field.kind) {
      case 'bytes':
        if (field.size === undefined) return `r.bytes(${until})`;
        return `(r.need(${until}, ${field.size}, ${name}), r.bytes(r.pos + ${field.size}))`;
      case 'list':
        return `decode${/^u\d+$/.test(field.of) ? field.of.toUpperCase() : field.of}List(r, ${until})`;
      case 'ids':
        return `readIds(r, ${until}, ${lowerFirst(field.of)}IdTag, ${name})`;
      case 'oxm-ids':
        return `readOxmHeaders(r, ${until}, ${name})`;
      case 'oxm-header':
        return `${field.wide ? 'readOxmHeader' : 'readShortOxmHeader'}(r, ${until}, ${name})`;
      case 'match':
        return `decodeMatch(r, ${until})`;
      case 'oxms':
        return `decodeOxms(r, ${until})`;
      case 'oxm':
        return `decodeOxm(r, ${until}, ${name}, ${field.masked})`;
      case 'nested':
        return `decode${field.of}(r, ${until})`;
      case 'body':
        return `decode${field.of}(r, ${until}, ${field.name}Code)`;
      case 'message':
        return `decodeMessage(r, ${until})`;
      case 'custom':
        return `decode${customTypeName(field.codec)}(r, ${until}, ${name})`;
      case 'error-code':
        return `readErrorCode(r, ${until}, ${field.typeField}_)`;
      default:
        throw new Error(`no decoder for a field of kind ${field.kind}`);
    }
  }
}
