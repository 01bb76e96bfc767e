import type { RewritingStream } from 'parse5-html-rewriting-stream';
import { escapeOthers } from './byte-text.js';

export type StartTag = Parameters<RewritingStream['emitStartTag']>[0];

interface TagPlace {
  readonly attrs?: Readonly<Record<string, { readonly startOffset: number; readonly endOffset: number }>>;
}

/** Part of the input, by its offsets, and what stands there instead. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Attributes by their name as it is written, prefix included, in lower case. */
export class Attributes {
  private readonly tag: StartTag;
  private readonly texts = new Map<string, string>();
  private readonly changed = new Map<string, string>();
  private readonly newNames = new Map<string, string>();

  constructor(tag: StartTag) {
    this.tag = tag;
  }

  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    for (const { prefix, name, value } of this.tag.attrs) yield [prefix ? `${prefix}:${name}` : name, value];
  }

  get(wanted: string): string | undefined {
    for (const [name, value] of this) if (name === wanted) return value;
    return undefined;
  }

  /** In lower case, without spaces around. */
  keyword(name: string): string {
    return (this.get(name) ?? '').trim().toLowerCase();
  }

  set(name: string, value: string, newName = this.newNames.get(name) ?? name): void {
    this.changed.set(name, value);
    this.newNames.set(name, newName);
    this.replace(name, `${newName}="${escapeAttribute(value)}"`);
  }

  remove(name: string): void {
    this.replace(name, '');
  }

  /** The same value under another name. */
  rename(name: string, newName: string): void {
    this.newNames.set(name, newName);
    if (!this.changed.has(name)) this.set(name, this.get(name) ?? '');
    else this.set(name, this.changed.get(name)!);
  }

  /** `text` instead of the whole attribute; what was said of it before does not count. */
  replace(name: string, text: string): void {
    this.texts.set(name, text);
  }

  /** What was said, as changes of the input. */
  changes(): Change[] {
    const { attrs: places } = this.tag.sourceCodeLocation as TagPlace;
    return [...this.texts].flatMap(([name, text]) => {
      const place = places?.[name];
      return place ? [{ start: place.startOffset, end: place.endOffset, text }] : [];
    });
  }
}

export function escapeAttribute(value: string): string {
  const escaped = value
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('\r', '&#13;');
  return escapeOthers(escaped, codePoint => `&#x${codePoint.toString(16)};`);
}
