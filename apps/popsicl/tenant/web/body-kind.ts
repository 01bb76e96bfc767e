import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Page } from './page.js';
import { CssRewriter } from './rewrite/css-rewriter.js';
import { HtmlRewriter } from './rewrite/html-rewriter.js';
import { markedUrl } from './rewrite/put-aside.js';

/** What is rewritten; `markup` is SVG and XHTML, where no script is inserted. */
export type BodyKind = 'html' | 'markup' | 'css';

const KINDS: Readonly<Record<string, BodyKind>> = {
  'text/html': 'html',
  'application/xhtml+xml': 'markup',
  'image/svg+xml': 'markup',
  'text/css': 'css',
};

/** Undefined: the body stays as it is. So do files that are to be saved, and encodings that do not extend ASCII. */
export function bodyKind(response: ServerResponse): BodyKind | undefined {
  const type = String(response.getHeader('content-type') ?? '');
  if (/charset\s*=\s*"?(?:utf-?(?:16|32)|iso-2022|hz-)/i.test(type)) return undefined;
  if (/^\s*attachment/i.test(String(response.getHeader('content-disposition') ?? ''))) return undefined;
  const name = type.split(';')[0]!.trim().toLowerCase();
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

export function rewriterFor(
  kind: BodyKind,
  request: IncomingMessage,
  page: Page,
): HtmlRewriter | CssRewriter {
  if (kind !== 'css') return new HtmlRewriter(page.htmlOptions(kind === 'html' && isDocument(request)));
  const links = page.links();
  // The page's script asks for a style sheet to replace what it names.
  const marks = page.options.defence && request.headers['popsicl-css'] !== undefined;
  return new CssRewriter(url => (marks ? markedUrl(url, links) : links.resource(url)));
}

/** Whether the browser wants to show it, and no script to insert it somewhere. */
function isDocument(request: IncomingMessage): boolean {
  const destination = request.headers['sec-fetch-dest'];
  if (destination !== undefined) return destination !== 'empty';
  return request.headers['x-requested-with'] === undefined;
}
