import { escapeAttribute } from '../rewrite/attributes.js';
import { followChanges } from './changes.js';
import { decoyFetcher } from './decoys.js';
import { followForms } from './forms.js';
import { followLinks } from './links.js';
import { objectLoader } from './objects.js';
import { pieceFetcher } from './pieces.js';
import { followRequests } from './requests.js';
import { type PageSettings, startPage } from './start-page.js';
import { followStyles } from './styles.js';

const FOLLOW = [startPage, followStyles, followChanges, followForms, followRequests];
const START = 'followForms(page); page.tagged = followStyles(page).tagged;';

const PLAIN = {
  functions: FOLLOW,
  run: `const page = startPage(); ${START} followChanges(page); followRequests(page);`,
};
const DEFENCE = {
  functions: [...FOLLOW, pieceFetcher, decoyFetcher, objectLoader],
  run: `const page = startPage(); const fetcher = pieceFetcher(page);
objectLoader(page, { ...fetcher, ...decoyFetcher(page, fetcher) });
${START} followChanges(page, fetcher); followRequests(page, fetcher);`,
};
const [PLAIN_TEXTS, DEFENCE_TEXTS] = [PLAIN, DEFENCE].map(({ functions, run }) => ({
  alone: textOf(functions, run),
  withLinks: textOf([...functions, followLinks], `${run} followLinks(page);`),
})) as [Texts, Texts];

interface Texts {
  readonly alone: string;
  readonly withLinks: string;
}

/** The script's element. Its text is the same for everybody; what it is told stands at the element. */
export function insertedScript(settings: PageSettings, nonce: string): string {
  const told = escapeAttribute(JSON.stringify(settings));
  const { alone, withLinks } = settings.pieces ? DEFENCE_TEXTS : PLAIN_TEXTS;
  const text = settings.neighbours ? withLinks : alone;
  return `<script nonce="${nonce}" data-popsicl="${told}">${text}</script>`;
}

/** The functions as they are, without comments and indentation. */
function textOf(functions: readonly ((...args: never[]) => unknown)[], start: string): string {
  const lines = [...functions.map(String), start]
    .join('\n')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !/^(?:\/\/|\/?\*)/.test(line));
  return `(()=>{${lines.join('\n')}})()`;
}
