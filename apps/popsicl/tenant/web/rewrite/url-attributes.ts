/** Which attributes of HTML and SVG hold URLs. */
export type AttributeKind = 'resource' | 'navigation' | 'action' | 'srcset' | 'list' | 'style' | 'document';

/** Whatever element they stand at. */
const EVERYWHERE: Readonly<Record<string, AttributeKind>> = {
  src: 'resource',
  poster: 'resource',
  background: 'resource',
  manifest: 'resource',
  longdesc: 'navigation',
  srcset: 'srcset',
  imagesrcset: 'srcset',
  ping: 'list',
  formaction: 'action',
  style: 'style',
  srcdoc: 'document',
};

/** SVG's attributes that are CSS, and may hold `url()`. */
const PAINT = new Set([
  'clip-path',
  'cursor',
  'fill',
  'filter',
  'marker',
  'marker-end',
  'marker-mid',
  'marker-start',
  'mask',
  'stroke',
]);

/** `name` with its prefix, as it is written; both in lower case. Undefined: no URL. */
export function attributeKind(element: string, name: string): AttributeKind | undefined {
  if (name === 'href' || name === 'xlink:href') {
    return element === 'a' || element === 'area' ? 'navigation' : 'resource';
  }
  if (name === 'action') return element === 'form' ? 'action' : undefined;
  if (name === 'data') return element === 'object' ? 'resource' : undefined;
  if (PAINT.has(name)) return 'style';
  return Object.hasOwn(EVERYWHERE, name) ? EVERYWHERE[name] : undefined;
}
