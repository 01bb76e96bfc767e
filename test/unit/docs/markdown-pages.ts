import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PLACES = ['apps', 'controller', 'docs', 'mininet', 'native', 'topologies'];

export interface MarkdownPage {
  /** From the root of the checkout. */
  path: string;
  text: string;
}

/** Every page of the project. */
export function markdownPages(): MarkdownPage[] {
  const deeper = PLACES.flatMap(place =>
    readdirSync(join(ROOT, place), { recursive: true, encoding: 'utf8' }).map(name => join(place, name)),
  );
  return [...readdirSync(ROOT), ...deeper]
    .filter(path => path.endsWith('.md'))
    .map(path => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** The page without its code blocks; lines keep their places. */
export function withoutCode(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```/gm, block => block.replace(/[^\n]/g, ''));
}
