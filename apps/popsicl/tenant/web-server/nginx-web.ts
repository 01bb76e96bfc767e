import { createHash } from 'node:crypto';
import { CAPABILITY_PARAMETER } from '../../capability.js';

/**
 * What nginx itself does for pages under a pseudonym (4.3): `check` refuses requests without the capability, `links` also gives
 * it to links, by `libnginx-mod-http-subs-filter`. What it cannot do is in docs/how-to/port-a-site.md.
 */
export type NginxWeb = 'off' | 'check' | 'links';

/** Not within what it follows: another scheme or host, a fragment, nothing. */
const ELSEWHERE = '[a-z][a-z0-9+.-]*:|//';
const QUOTES = '"\\x27';
/** Attributes and `url()` with links that are relative to the host. */
const LINKS = [
  `(\\s(?:href|src|action|formaction|poster)\\s*=\\s*[${QUOTES}]?)(?![${QUOTES}#>\\s]|${ELSEWHERE})([^${QUOTES}?#>\\s]*)\\??`,
  `(\\burl\\(\\s*[${QUOTES}]?)(?![${QUOTES}#)\\s]|${ELSEWHERE})([^${QUOTES}?#)\\s]*)\\??`,
  `(@import\\s+[${QUOTES}])(?!${ELSEWHERE})([^${QUOTES}?#]+)\\??`,
];
/** Forms that are sent by GET to the same host. */
const GET_FORM =
  `(<form\\b(?![^>]*\\bmethod\\s*=\\s*[${QUOTES}]?(?:post|dialog))` +
  `(?![^>]*\\baction\\s*=\\s*[${QUOTES}]?(?:${ELSEWHERE}))[^>]*>)`;

/**
 * Lines of nginx for one pseudonym: `http` above its server block, `server` within. The capability is found by a hash, which
 * tells nothing of it by its time, but ignores case; what passes that is compared. `$popsicl_capability` is there for the site.
 */
export function nginxWeb(name: string, capability: string, web: NginxWeb): { http: string; server: string } {
  if (web === 'off') return { http: '', server: '' };
  const variable = `$popsicl_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
  const argument = `$arg_${CAPABILITY_PARAMETER}`;
  const field = `<input type="hidden" name="${CAPABILITY_PARAMETER}" value="$popsicl_capability">`;
  const tagged = `$1$2?${CAPABILITY_PARAMETER}=$popsicl_capability&`;
  const rewriting = [
    'subs_filter_types text/css;',
    ...LINKS.map(pattern => `subs_filter '${pattern}' '${tagged}' igr;`),
    `subs_filter '${GET_FORM}' '$1${field}' igr;`,
  ];
  const lines = [
    `set $popsicl_capability "${capability}";`,
    `if (${variable} = "") { return 404; }`,
    `if (${argument} != $popsicl_capability) { return 404; }`,
    'add_header Referrer-Policy same-origin always;',
    'absolute_redirect off;',
    ...(web === 'links' ? rewriting : []),
  ];
  return {
    http: `map ${argument} ${variable} { default ""; "${capability}" 1; }\n`,
    server: lines.map(line => `  ${line}\n`).join(''),
  };
}
