/** What a page needs that the author's Content-Security-Policy does not know of. */
export interface PolicyNeeds {
  /** Of the inserted scripts; undefined: there are none. */
  readonly nonce: string | undefined;
  /** Whether the page's script fetches objects and makes blobs of them. */
  readonly blobs: boolean;
  /** The same server, under the name that the author may have written. */
  readonly isOwnSite: (source: string) => boolean;
}

const FALLBACKS: Readonly<Record<string, string>> = {
  'script-src-elem': 'script-src',
  'style-src-elem': 'style-src',
};
/** What blobs are made for; a request of the page's own reads them, too. */
const BLOBS = ['img-src', 'style-src-elem', 'font-src', 'media-src', 'connect-src'];
/** They send the address of the page, capability and all, to whom they name. */
const REPORTS = new Set(['report-uri', 'report-to']);

/**
 * A policy that still forbids all that it forbade, and allows what is needed, under the directives that decide over it. The
 * header's form: several policies are separated by commas.
 */
export function adaptPolicies(header: string, needs: PolicyNeeds): string {
  return header
    .split(',')
    .map(policy => adaptPolicy(policy, needs))
    .join(',');
}

function adaptPolicy(policy: string, needs: PolicyNeeds): string {
  const directives = new Map<string, string[]>();
  for (const directive of policy.split(';')) {
    const [name, ...sources] = directive.trim().split(/[\t\n\f\r ]+/);
    const key = name!.toLowerCase();
    if (key === '' || directives.has(key) || REPORTS.has(key)) continue;
    directives.set(
      key,
      sources.map(source => (needs.isOwnSite(source) ? "'self'" : source)),
    );
  }
  if (needs.nonce !== undefined) {
    const allowed = allow(directives, deciding(directives, 'script-src-elem'), `'nonce-${needs.nonce}'`);
    if (!allowed && needs.blobs) allow(directives, deciding(directives, 'script-src-elem'), 'blob:');
  }
  if (needs.blobs) {
    allow(directives, deciding(directives, 'connect-src'), "'self'");
    for (const name of BLOBS) allow(directives, deciding(directives, name), 'blob:');
  }
  return [...directives].map(([name, sources]) => [name, ...sources].join(' ')).join('; ');
}

/** The directive that is asked; one of its own is made where that is `default-src`, which decides over other things too. */
function deciding(directives: Map<string, string[]>, wanted: string): string | undefined {
  if (directives.has(wanted)) return wanted;
  const fallback = FALLBACKS[wanted] ?? wanted;
  if (directives.has(fallback)) return fallback;
  const all = directives.get('default-src');
  if (!all) return undefined;
  directives.set(fallback, [...all]);
  return fallback;
}

/** False: the source would forbid what is allowed now. */
function allow(directives: Map<string, string[]>, name: string | undefined, source: string): boolean {
  const sources = name === undefined ? undefined : directives.get(name);
  if (!sources || sources.includes(source)) return true;
  // Beside a nonce, 'unsafe-inline' would be ignored: all that it allows would be refused.
  const inline = sources.some(word => word.toLowerCase() === "'unsafe-inline'");
  const strict = sources.some(word => /^'(?:nonce-|sha\d+-|strict-dynamic')/i.test(word));
  if (source.startsWith("'nonce-") && inline && !strict) return false;
  directives.set(name!, [...sources.filter(word => word.toLowerCase() !== "'none'"), source]);
  return true;
}
