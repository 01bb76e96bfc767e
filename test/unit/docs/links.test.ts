import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type MarkdownPage, markdownPages, ROOT, withoutCode } from './markdown-pages.js';

const LINK = /\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g;

describe('pages of the documentation', () => {
  it('link to files and headings that there are', () => {
    const pages = markdownPages();
    const headings = new Map(pages.map(page => [page.path, headingsOf(page)]));
    const broken = pages.flatMap(({ path, text }) =>
      [...withoutCode(text).matchAll(LINK)].flatMap(([, link, source]) => {
        const address = link ?? source!;
        if (/^[a-z]+:/.test(address)) return [];
        const [file, heading] = address.split('#') as [string, string?];
        const target = file === '' ? path : join(dirname(path), file);
        const isThere =
          existsSync(join(ROOT, target)) &&
          (heading === undefined || headings.get(target)?.has(heading) === true);
        return isThere ? [] : [`${path}: ${address}`];
      }),
    );
    expect(pages.length).to.be.above(50);
    expect(broken).to.deep.equal([]);
  });
});

/** Names of headings in links, as GitHub makes them. */
function headingsOf({ text }: MarkdownPage): ReadonlySet<string> {
  const names = [...withoutCode(text).matchAll(/^#+ +(.*)$/gm)].map(([, title]) =>
    title!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/ /g, '-'),
  );
  return new Set(names);
}
