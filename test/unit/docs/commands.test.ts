import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { markdownPages, ROOT } from './markdown-pages.js';

const REFERENCE = 'docs/reference/cli.md';
const CALL = /^(?:\$ )?(?:sudo |npx )*cloakflow ([a-z]\S*)(?: ([a-z][a-z-]*))?(.*)$/;

describe('pages of the documentation', () => {
  it('name commands of the command line, and options that these have', () => {
    const commands = new Map(
      readFileSync(join(ROOT, REFERENCE), 'utf8')
        .split(/^## cloakflow /m)
        .slice(1)
        .map(section => [section.slice(0, section.indexOf('\n')).trim(), section]),
    );
    const groups = new Set([...commands.keys()].map(name => name.split(' ')[0]!));
    let calls = 0;
    const wrong: string[] = [];
    for (const { path, text } of markdownPages()) {
      if (path === REFERENCE) continue;
      for (const code of codeOf(text)) {
        const [, first, second, rest = ''] = CALL.exec(code) ?? [];
        if (first === undefined) continue;
        calls++;
        const section = commands.get(`${first} ${second}`) ?? commands.get(first);
        const options = [...rest.split(' #')[0]!.matchAll(/(?<=\s)--?[a-zA-Z][a-z0-9-]*/g)].map(
          ([option]) => option,
        );
        const isRight =
          section === undefined
            ? second === undefined && groups.has(first)
            : options.every(option => new RegExp(`[\`, ]${option}[\`, ]`).test(section));
        if (!isRight) wrong.push(`${path}: ${code}`);
      }
    }
    expect(calls).to.be.above(50);
    expect(wrong).to.deep.equal([]);
  });
});

/** Lines of code blocks, continued ones as one, and what stands between backticks. */
function codeOf(text: string): string[] {
  const joined = text.replace(/\\\n\s*/g, ' ');
  const blocks = [...joined.matchAll(/^( *)```[a-z]*\n([\s\S]*?)^\1```/gm)].flatMap(([, , block]) =>
    block!.split('\n'),
  );
  const indented = [...joined.matchAll(/^ {4,}(.*)$/gm)].map(([, line]) => line!);
  const inline = [...joined.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return [...blocks, ...indented, ...inline].map(code => code.trim());
}
