import { CAPABILITY_PARAMETER } from '../../../capability.js';
import { Attributes, type Change, type StartTag } from './attributes.js';
import { rewriteCss } from './css-rewriter.js';
import { rewriteImportMap } from './import-map.js';
import type { Links } from './links.js';
import { type AsideOptions, markedUrl, putAside, type Runner } from './put-aside.js';
import { rewriteRefresh } from './refresh.js';
import { rewriteSrcset } from './srcset.js';
import { attributeKind } from './url-attributes.js';

export interface TagOptions {
  readonly links: Links;
  /** A Content-Security-Policy as the page needs it. */
  readonly policy: (policy: string) => string;
  /** A whole document within an attribute. */
  readonly nested: (document: string) => string;
  /** With the defence. */
  readonly aside?: AsideOptions | undefined;
}

export interface Edit extends Runner {
  readonly changes: Change[];
  /** For URLs in the style sheet that the tag begins. */
  readonly css?: (url: string) => string;
  /** For the text of the element. */
  readonly hold?: (text: string) => string;
}

/** Policies that tell no other server where a visitor comes from. */
const STRICT_REFERRERS = new Set(['no-referrer', 'same-origin']);
/** Links that let the browser contact a server before anybody asks for it. */
const EARLY_CONTACT = /(?:^|\s)(?:dns-prefetch|preconnect)(?:\s|$)/i;

/** What becomes of one tag. */
export function editTag(tag: StartTag, options: TagOptions): Edit {
  const { links } = options;
  const element = tag.tagName.toLowerCase();
  const attributes = new Attributes(tag);
  for (const [name, value] of attributes) {
    const other = rewriteAttribute(element, name, value, options);
    if (other !== value) attributes.set(name, other);
  }
  const referrer = attributes.get('referrerpolicy');
  if (referrer !== undefined && !STRICT_REFERRERS.has(referrer.trim().toLowerCase())) {
    attributes.remove('referrerpolicy');
  }
  let runner: Runner = {};
  let hold: Edit['hold'];
  let css: Edit['css'];
  if (element === 'base') links.setBase(attributes.get('href') ?? '');
  else if (element === 'meta') editMeta(attributes, options);
  else if (element === 'link') editLink(attributes, links);
  else if (element === 'form') runner = { after: capabilityField(attributes, links) };
  else if (element === 'script' && attributes.keyword('type') === 'importmap') {
    hold = text => rewriteImportMap(text, links);
  }
  if (options.aside) {
    if (element !== 'form') runner = putAside(element, attributes, links, options.aside);
    css = url => markedUrl(url, links);
  }
  return { changes: attributes.changes(), ...runner, ...(hold && { hold }), ...(css && { css }) };
}

function rewriteAttribute(element: string, name: string, value: string, options: TagOptions): string {
  const { links, nested, aside } = options;
  const resource = (url: string) => links.resource(url);
  switch (attributeKind(element, name)) {
    case 'resource':
    case 'action':
      return links.resource(value);
    case 'navigation':
      return links.navigation(value);
    case 'srcset':
      return rewriteSrcset(value, resource);
    case 'list':
      return value.replace(/[^\t\n\f\r ]+/g, resource);
    case 'style':
      if (!value.includes('(')) return value;
      return rewriteCss(value, aside && name === 'style' ? url => markedUrl(url, links) : resource);
    case 'document':
      return nested(value);
    default:
      return value;
  }
}

function editMeta(attributes: Attributes, { links, policy }: TagOptions): void {
  const content = attributes.get('content') ?? '';
  const change = (other: string) => {
    if (other !== content) attributes.set('content', other);
  };
  const pragma = attributes.keyword('http-equiv');
  if (pragma === 'refresh') change(rewriteRefresh(content, url => links.navigation(url)));
  else if (pragma === 'content-security-policy') change(policy(content));
  else if (attributes.keyword('name') === 'referrer') {
    if (!STRICT_REFERRERS.has(content.trim().toLowerCase())) change('same-origin');
  }
}

function editLink(attributes: Attributes, links: Links): void {
  const rel = attributes.keyword('rel');
  const href = attributes.get('href') ?? '';
  if (EARLY_CONTACT.test(rel) && links.navigation(href) !== links.resource(href)) attributes.remove('href');
  // The style sheet is not what it was summed over.
  if (/(?:^|\s)(?:stylesheet|preload)(?:\s|$)/.test(rel) && links.isOwn(href)) attributes.remove('integrity');
}

/** A form that is sent by GET has what it holds as its query, and nothing else. */
function capabilityField(attributes: Attributes, links: Links): string {
  const method = attributes.keyword('method');
  if (method === 'post' || method === 'dialog') return '';
  const action = attributes.get('action') ?? '';
  if (action.trim() !== '' && !links.isOwn(action)) return '';
  return `<input type="hidden" name="${CAPABILITY_PARAMETER}" value="${links.capability}"/>`;
}
