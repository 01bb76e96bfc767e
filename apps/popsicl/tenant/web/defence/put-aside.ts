import { type Attributes, escapeAttribute } from '../rewrite/attributes.js';
import type { Links } from '../rewrite/links.js';

/** How a page is written whose objects its script fetches. */
export interface AsideOptions {
  /** Of the scripts that are inserted. */
  readonly nonce: string;
  /** Whether the parser of a document reads it, and no script that inserts parts into one. */
  readonly document: boolean;
}

/** What comes behind a tag whose addresses are put aside. */
export interface Runner {
  /** Behind the tag. */
  readonly after?: string;
  /** Behind the end of the element. */
  readonly afterEnd?: string;
  /** At the end of the document. */
  readonly atEnd?: string;
}

const ASIDE = 'data-popsicl-';
const SCRIPT_TYPES = new Set([
  '',
  'text/javascript',
  'application/javascript',
  'application/x-javascript',
  'module',
]);
const MEDIA = new Set(['audio', 'video', 'source', 'track', 'image', 'img', 'input']);
/** How the page's script knows addresses in style sheets that it is to replace; no browser fetches them. */
export const MARK = 'popsicl:';

/** A URL of a style sheet. */
export function markedUrl(url: string, links: Links): string {
  const absolute = links.absolute(url);
  return absolute === url && !links.isOwn(url) ? url : url.startsWith('#') ? url : MARK + absolute;
}

/** Keeps the browser from fetching by itself what the page's script is to fetch; changes `attributes`. */
export function putAside(
  element: string,
  attributes: Attributes,
  links: Links,
  { nonce, document }: AsideOptions,
): Runner {
  if (element === 'script') return script(attributes, links, nonce, document);
  if (element === 'link') return link(attributes, links, nonce, document);
  if (!MEDIA.has(element) || (element === 'input' && attributes.keyword('type') !== 'image')) return {};
  for (const name of ['src', 'poster', 'href', 'xlink:href']) aside(attributes, links, name);
  if (attributes.get('srcset') !== undefined) attributes.rename('srcset', `${ASIDE}srcset`);
  return {};
}

function script(attributes: Attributes, links: Links, nonce: string, document: boolean): Runner {
  const type = attributes.keyword('type');
  const src = attributes.get('src');
  if (!src || !document || !SCRIPT_TYPES.has(type) || type === 'module' || !links.isOwn(src)) return {};
  if (attributes.get('nomodule') !== undefined) return {};
  attributes.remove('type');
  attributes.replace('src', `type="text/popsicl" ${ASIDE}src="${escapeAttribute(links.resource(src))}"`);
  if (attributes.get('async') !== undefined) return {};
  if (attributes.get('defer') !== undefined) return { atEnd: run(nonce, 'true') };
  return { afterEnd: run(nonce, '') };
}

function link(attributes: Attributes, links: Links, nonce: string, document: boolean): Runner {
  const rels = attributes.keyword('rel').split(/\s+/);
  const href = attributes.get('href');
  if (!href || !links.isOwn(href)) return {};
  if (rels.some(rel => ['preload', 'prefetch', 'modulepreload', 'prerender'].includes(rel))) {
    attributes.remove('href');
    attributes.remove('imagesrcset');
    return {};
  }
  const sheet = rels.includes('stylesheet');
  if (!sheet && !rels.includes('icon')) return {};
  aside(attributes, links, 'href');
  const now = sheet && document && !rels.includes('alternate') && attributes.get('disabled') === undefined;
  return now ? { after: run(nonce, '') } : {};
}

function aside(attributes: Attributes, links: Links, name: string): void {
  const value = attributes.get(name);
  if (value && links.isOwn(value)) attributes.set(name, links.resource(value), ASIDE + name);
}

function run(nonce: string, argument: string): string {
  return `<script nonce="${nonce}">__popsicl(${argument})</script>`;
}
