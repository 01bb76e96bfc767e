import { escapeOthers } from './byte-text.js';
import type { Links } from './links.js';

/** Gives the addresses of a `<script type="importmap">` the capability; what is no JSON object stays. */
export function rewriteImportMap(text: string, links: Links): string {
  let map: unknown;
  try {
    map = JSON.parse(text);
  } catch {
    return text;
  }
  if (!isObject(map)) return text;
  if (isObject(map.imports)) map.imports = rewritten(map.imports, links);
  if (isObject(map.scopes)) {
    for (const [scope, imports] of Object.entries(map.scopes)) {
      if (isObject(imports)) map.scopes[scope] = rewritten(imports, links);
    }
  }
  return escapeOthers(JSON.stringify(map).replaceAll('<', '\\u003c'), codePoint =>
    String.fromCodePoint(codePoint).split('').map(escapeUnit).join(''),
  );
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** An address that ends with a slash is a beginning: nothing can be appended to it. */
function rewritten(imports: Record<string, unknown>, links: Links): Record<string, unknown> {
  const entries = Object.entries(imports).map(([name, address]) => [
    name,
    typeof address === 'string' && !address.endsWith('/') ? links.resource(address) : address,
  ]);
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
