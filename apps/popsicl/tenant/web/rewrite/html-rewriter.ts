import { RewritingStream } from 'parse5-html-rewriting-stream';
import type { StartTag } from './attributes.js';
import { CssRewriter } from './css-rewriter.js';
import type { Links } from './links.js';
import { type Edit, editTag, type TagOptions } from './start-tag.js';

/** What is inserted, and where the rules for a tag come from. */
export interface HtmlOptions extends TagOptions {
  readonly links: Links;
  /** Markup before everything that could load or run something; asked for when the rest of the document is known. */
  readonly script?: (() => string) | undefined;
}

/** A longer tag is no tag's: from there on the text is passed as it is. */
const LONGEST_TOKEN = 8 * 1024 * 1024;
/** Elements that may come before the script: a `meta charset` has to stand near the beginning. */
const BEFORE_SCRIPT = new Set(['html', 'head', 'meta', 'title', 'base']);
/** Longer texts of elements that are read as a whole stay as they are. */
const LONGEST_HELD = 1024 * 1024;

/** Text that is not passed on before its element ends. */
interface Held {
  readonly element: string;
  text: string;
  readonly finish: (text: string) => string;
}

/**
 * Replaces the links of an HTML or SVG document, in chunks of any size (`byte-text.ts`); every other byte stays. What is not
 * part of an unfinished tag is passed on at once. Never throws.
 */
export class HtmlRewriter {
  private readonly options: HtmlOptions;
  private readonly engine: Engine;
  private out = '';
  /** Input from `cursor` on. */
  private pending = '';
  private cursor = 0;
  private fed = 0;
  private lastToken = 0;
  private passing = false;
  private inserted: boolean;
  /** What stands behind the inserted script, which waits for it. */
  private rest: string | undefined;
  private before = '';
  private css: CssRewriter | undefined;
  private held: Held | undefined;
  /** Behind the end of the element that was begun last, which is a script; and of the document. */
  private afterEnd = '';
  private atEnd = '';

  constructor(options: HtmlOptions) {
    this.options = options;
    this.inserted = options.script === undefined;
    this.engine = new Engine(end => {
      this.lastToken = end;
    });
    this.engine.on('startTag', tag => this.startTag(tag));
    this.engine.on('endTag', ({ tagName, sourceCodeLocation: place }) => {
      this.lastToken = place!.endOffset;
      this.endTag(tagName, place!.startOffset, place!.endOffset);
    });
    this.engine.on('comment', ({ sourceCodeLocation: place }) => this.pass(place!.endOffset));
    this.engine.on('doctype', ({ sourceCodeLocation: place }) => this.pass(place!.endOffset));
  }

  push(text: string): string {
    if (this.passing) return text;
    this.fed += text.length;
    this.pending += text;
    this.engine.feed(text);
    if (this.fed - this.lastToken > LONGEST_TOKEN) return this.giveUp();
    if (this.held && this.pending.length > LONGEST_HELD) this.held = undefined;
    if (this.css) this.out += this.css.push(this.take(this.lastToken));
    else if (!this.held) this.passText();
    return this.taken();
  }

  end(): string {
    if (this.passing) return '';
    this.engine.finish();
    this.endHeld(this.cursor + this.pending.length);
    this.out += this.take(this.fed);
    this.insert();
    this.out += this.atEnd;
    return this.released();
  }

  private startTag(tag: StartTag): void {
    const { startOffset: start, endOffset: end } = tag.sourceCodeLocation!;
    this.lastToken = end;
    if (this.held) return;
    this.out += this.take(start);
    const element = tag.tagName.toLowerCase();
    if (!BEFORE_SCRIPT.has(element)) this.insert();
    const raw = this.take(end);
    const edit: Edit = raw.length === end - start ? editTag(tag, this.options) : { changes: [] };
    this.out += applied(raw, start, edit);
    this.afterEnd = edit.afterEnd ?? '';
    this.atEnd += edit.atEnd ?? '';
    if (tag.selfClosing) return;
    if (element === 'style')
      this.css = new CssRewriter(edit.css ?? (url => this.options.links.resource(url)));
    else if (element === 'noscript') this.hold(element, text => this.nested(text));
    else if (edit.hold) this.hold(element, edit.hold);
  }

  private endTag(tagName: string, start: number, end: number): void {
    const element = tagName.toLowerCase();
    if (this.held && this.held.element !== element) return;
    if (this.held || (this.css && element === 'style')) this.endHeld(start);
    if (element === 'head') {
      this.out += this.take(start);
      this.insert();
    }
    this.pass(end);
    this.out += this.afterEnd;
    this.afterEnd = '';
  }

  private hold(element: string, finish: (text: string) => string): void {
    this.held = { element, text: '', finish };
  }

  private endHeld(at: number): void {
    const text = this.take(at);
    if (this.css) this.out += this.css.push(text) + this.css.end();
    else if (this.held) this.out += this.held.finish(text);
    else this.out += text;
    this.css = undefined;
    this.held = undefined;
  }

  /** Where a browser has no scripts, what is in `noscript` is markup. */
  private nested(text: string): string {
    return rewriteHtml(text, { ...this.options, script: undefined, aside: undefined });
  }

  private insert(): void {
    if (this.inserted) return;
    this.inserted = true;
    const { script, aside } = this.options;
    if (aside?.pieces) {
      this.before = this.out;
      [this.out, this.rest] = ['', ''];
    } else this.out += script!();
  }

  /** Everything that is not in an unfinished tag. Comments are not changed: they may leave in part. In scripts a `<` begins none. */
  private passText(): void {
    this.out += this.take(this.lastToken);
    const open = this.pending.startsWith('<!') ? -1 : this.pending.indexOf('<');
    this.out += this.take(open < 0 ? this.fed : this.cursor + open);
  }

  private pass(end: number): void {
    this.lastToken = Math.max(this.lastToken, end);
    if (!this.held && !this.css) this.out += this.take(end);
  }

  /** The input up to `end`, as far as it has not been taken. */
  private take(end: number): string {
    const length = end - this.cursor;
    if (length <= 0) return '';
    const text = this.pending.slice(0, length);
    this.pending = this.pending.slice(length);
    this.cursor += length;
    return text;
  }

  private taken(): string {
    const { out } = this;
    this.out = '';
    if (this.rest === undefined) return out;
    const before = this.before;
    this.before = '';
    this.rest += out;
    return this.rest.length > this.options.aside!.pieces!.longest ? before + this.released() : before;
  }

  /** The inserted script, if it waited for the rest. */
  private released(): string {
    const { before, rest, out } = this;
    [this.before, this.rest, this.out] = ['', undefined, ''];
    return rest === undefined ? before + out : before + this.options.script!() + rest + out;
  }

  private giveUp(): string {
    this.endHeld(this.fed);
    this.passing = true;
    return this.released();
  }
}

/** A whole document or a part of one. */
export function rewriteHtml(text: string, options: HtmlOptions): string {
  const rewriter = new HtmlRewriter(options);
  return rewriter.push(text) + rewriter.end();
}

function applied(raw: string, start: number, { changes, after = '' }: Edit): string {
  let out = '';
  let at = 0;
  for (const change of changes.toSorted((a, b) => a.start - b.start)) {
    out += raw.slice(at, change.start - start) + change.text;
    at = change.end - start;
  }
  return out + raw.slice(at) + after;
}

/** The library's parser without its stream: it says where tokens are, and this file keeps the text. */
class Engine extends RewritingStream {
  private readonly text: (end: number) => void;

  /** `text` is told where text ends that is no part of another token. */
  constructor(text: (end: number) => void) {
    super();
    this.text = text;
  }

  feed(text: string): void {
    this._transformChunk(text);
  }

  finish(): void {
    this._final(() => {});
  }

  override emitRaw(): void {}

  /** The parser's own would put all of it together. */
  override onCharacter(token: { location: { endOffset: number } | null }): void {
    this.text(token.location!.endOffset);
  }

  override onWhitespaceCharacter(token: { location: { endOffset: number } | null }): void {
    this.text(token.location!.endOffset);
  }

  override onNullCharacter(token: { location: { endOffset: number } | null }): void {
    this.text(token.location!.endOffset);
  }
}
