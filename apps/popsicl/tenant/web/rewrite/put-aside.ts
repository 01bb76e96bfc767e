import { type Attributes, escapeAttribute } from './attributes.js';
import type { Links } from './links.js';

/** The objects of a document that its script fetches: `defence/page-pieces.ts`. */
export interface DocumentObjects {
  /** Characters of a document that are held until all its objects are known. */
  readonly longest: number;
  /** An absolute address. */
  fetchAhead(address: string): void;
  /** What the object of an address is called, and scripts that bring it. */
  scripts(address: string, form: 'script' | 'style'): { object: string; markup: string };
}

/** How a page is written whose objects its script fetches. */
export interface AsideOptions {
  /** Of the scripts that are inserted. */
  readonly nonce: string;
  /** Of the document; undefined: no parser of one reads it, but a script that inserts parts into one. */
  readonly pieces: DocumentObjects | undefined;
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
  { nonce, pieces }: AsideOptions,
): Runner {
  if (element === 'script') return script(attributes, links, nonce, pieces);
  if (element === 'link') return link(attributes, links, nonce, pieces);
  if (!MEDIA.has(element) || (element === 'input' && attributes.keyword('type') !== 'image')) return {};
  const chosen = element === 'source' || attributes.get('srcset') !== undefined;
  for (const name of ['src', 'poster', 'href', 'xlink:href']) {
    const value = aside(attributes, links, name);
    const early = value !== undefined && !chosen && !value.startsWith('#');
    if (early && attributes.keyword('loading') !== 'lazy') pieces?.fetchAhead(links.absolute(value));
  }
  if (attributes.get('srcset') !== undefined) attributes.rename('srcset', `${ASIDE}srcset`);
  return {};
}

function script(
  attributes: Attributes,
  links: Links,
  nonce: string,
  pieces: DocumentObjects | undefined,
): Runner {
  const type = attributes.keyword('type');
  const src = attributes.get('src');
  if (!src || !pieces || !SCRIPT_TYPES.has(type) || type === 'module' || !links.isOwn(src)) return {};
  if (attributes.get('nomodule') !== undefined) return {};
  attributes.remove('type');
  const address = links.resource(src);
  const here = `${ASIDE}src="${escapeAttribute(address)}"`;
  if (attributes.get('async') !== undefined) {
    attributes.replace('src', `type="text/popsicl" ${here}`);
    pieces.fetchAhead(links.absolute(src));
    return {};
  }
  const { object, markup } = pieces.scripts(address, 'script');
  attributes.replace('src', `type="text/popsicl" ${here} ${ASIDE}pieces="${object}"`);
  const waiting = markup + run(nonce, `'${object}'`);
  return attributes.get('defer') === undefined ? { afterEnd: waiting } : { atEnd: waiting };
}

function link(
  attributes: Attributes,
  links: Links,
  nonce: string,
  pieces: DocumentObjects | undefined,
): Runner {
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
  const now = sheet && pieces && !rels.includes('alternate') && attributes.get('disabled') === undefined;
  if (!now) {
    aside(attributes, links, 'href');
    return {};
  }
  const address = links.resource(href);
  const { object, markup } = pieces.scripts(address, 'style');
  attributes.replace('href', `${ASIDE}href="${escapeAttribute(address)}" ${ASIDE}pieces="${object}"`);
  return { after: markup + run(nonce, `'${object}'`) };
}

function aside(attributes: Attributes, links: Links, name: string): string | undefined {
  const value = attributes.get(name);
  if (!value || !links.isOwn(value)) return undefined;
  attributes.set(name, links.resource(value), ASIDE + name);
  return value;
}

function run(nonce: string, argument: string): string {
  return `<script nonce="${nonce}">__popsicl(${argument})</script>`;
}
