/** What a page needs that the author's Content-Security-Policy does not know of. */
export interface PolicyNeeds {
  /** Source of the inserted script, such as `'sha256-…'`; undefined: there is none. */
  readonly script: string | undefined;
  /** Directives under which blobs have to be allowed. */
  readonly blobs: readonly string[];
  /** The same server, under the name that the author may have written. */
  readonly isOwnSite: (source: string) => boolean;
}

const FALLBACKS: Readonly<Record<string, string>> = {
  'script-src-elem': 'script-src',
  'style-src-elem': 'style-src',
};
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
  if (needs.script !== undefined) allow(directives, deciding(directives, 'script-src-elem'), needs.script);
  for (const name of needs.blobs) allow(directives, deciding(directives, name), 'blob:');
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

function allow(directives: Map<string, string[]>, name: string | undefined, source: string): void {
  const sources = name === undefined ? undefined : directives.get(name);
  if (!sources || sources.includes(source)) return;
  // Beside a hash, 'unsafe-inline' would be ignored: all that it allows would be refused.
  const inline = sources.some(word => word.toLowerCase() === "'unsafe-inline'");
  const hashed = sources.some(word => /^'(?:nonce-|sha\d+-)/i.test(word) || word === "'strict-dynamic'");
  if (source.startsWith("'") && inline && !hashed) return;
  directives.set(name!, [...sources.filter(word => word.toLowerCase() !== "'none'"), source]);
}
