/** Collects lines of generated source with their indentation. */
export class Code {
  private readonly lines: string[] = [];
  private depth = 0;

  line(text = ''): this {
    this.lines.push(text === '' ? '' : '  '.repeat(this.depth) + text);
    return this;
  }

  /** `head {`, what `inner` writes, `}tail`. */
  block(head: string, inner: () => void, tail = ''): this {
    this.line(`${head} {`);
    this.depth++;
    inner();
    this.depth--;
    return this.line(`}${tail}`);
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

export const GENERATED =
  '// Generated from controller/openflow/spec by controller/openflow/generator: do not edit.';
