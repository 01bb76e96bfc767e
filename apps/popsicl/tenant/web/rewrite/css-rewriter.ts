import { type CSSToken, TokenType, tokenizer } from '@csstools/css-tokenizer';
import { escapeOthers } from './byte-text.js';

export type RewriteUrl = (url: string) => string;

/** No token looks further ahead than three characters; those that end earlier stay as they are, whatever comes. */
const LOOKAHEAD = 4;
/** A longer token is no style sheet's: from there on the text is passed as it is. */
const LONGEST_TOKEN = 8 * 1024 * 1024;
/** Functions whose strings are URLs (CSS Values 4, CSS Images 4). */
const URL_FUNCTIONS = new Set(['url', 'src', 'image', 'image-set', '-webkit-image-set']);

/** Replaces the URLs of a style sheet, in chunks of any size; every other byte stays. Never throws. */
export class CssRewriter {
  private readonly rewrite: RewriteUrl;
  private pending = '';
  /** Length from which on looking again is worth it: a long token is not read again for every chunk of it. */
  private worthwhile = 0;
  private passing = false;
  /** Functions and parentheses that are open. */
  private readonly open: string[] = [];
  private rule: 'import' | 'namespace' | undefined;

  constructor(rewrite: RewriteUrl) {
    this.rewrite = rewrite;
  }

  push(text: string): string {
    this.pending += text;
    if (this.passing) return this.rest();
    if (this.pending.length < this.worthwhile) return '';
    return this.take(false);
  }

  end(): string {
    return this.passing ? this.rest() : this.take(true);
  }

  private take(last: boolean): string {
    const text = this.pending;
    const tokens = tokenizer({ css: text });
    let out = '';
    let at = 0;
    while (!tokens.endOfFile()) {
      const token = tokens.nextToken();
      const end = token[3] + 1;
      if (token[0] === TokenType.EOF || (!last && end + LOOKAHEAD > text.length)) break;
      out += text.slice(at, token[2]) + (this.replaced(token) ?? text.slice(token[2], end));
      at = end;
    }
    if (last) out += text.slice(at);
    this.pending = last ? '' : text.slice(at);
    this.worthwhile = this.pending.length > 1024 ? this.pending.length * 2 : 0;
    this.passing = this.pending.length > LONGEST_TOKEN;
    return out;
  }

  private rest(): string {
    const text = this.pending;
    this.pending = '';
    return text;
  }

  /** Undefined: as it is. */
  private replaced(token: CSSToken): string | undefined {
    switch (token[0]) {
      case TokenType.AtKeyword: {
        const name = token[4].value.toLowerCase();
        this.rule = name === 'import' || name === 'namespace' ? name : undefined;
        return undefined;
      }
      case TokenType.Function:
        this.opens(token[4].value.toLowerCase());
        return undefined;
      case TokenType.OpenParen:
        this.opens('');
        return undefined;
      case TokenType.CloseParen:
        this.open.pop();
        return undefined;
      case TokenType.OpenCurly:
      case TokenType.CloseCurly:
      case TokenType.Semicolon:
        this.rule = undefined;
        return undefined;
      case TokenType.URL:
        return this.changed(token[4].value, url => `url("${escapeString(url)}")`);
      case TokenType.String:
        return this.changed(token[4].value, url => `"${escapeString(url)}"`, this.isUrl());
      default:
        return undefined;
    }
  }

  /** Nobody nests that deeply; what does is not looked into. */
  private opens(name: string): void {
    if (this.open.length < 1000) this.open.push(name);
  }

  private isUrl(): boolean {
    const inside = this.open.at(-1);
    if (inside !== undefined && URL_FUNCTIONS.has(inside)) return true;
    return this.rule === 'import' && this.open.length === 0;
  }

  private changed(url: string, write: (url: string) => string, isUrl = true): string | undefined {
    if (!isUrl || this.rule === 'namespace') return undefined;
    // Of a rule `@import` only the first string is an address.
    if (this.rule === 'import' && this.open.length === 0) this.rule = undefined;
    const other = this.rewrite(url);
    return other === url ? undefined : write(other);
  }
}

/** A whole style sheet, or the declarations of a `style` attribute. */
export function rewriteCss(text: string, rewrite: RewriteUrl): string {
  const rewriter = new CssRewriter(rewrite);
  return rewriter.push(text) + rewriter.end();
}

/** Safe within double quotes, and within a `style` element. */
function escapeString(text: string): string {
  const escaped = text.replace(/["\\<\n\r\f]/g, character => `\\${character.charCodeAt(0).toString(16)} `);
  return escapeOthers(escaped, codePoint => `\\${codePoint.toString(16)} `);
}
