import { CAPABILITY_PARAMETER } from '../../../capability.js';
import { readable } from './byte-text.js';

export interface LinksOptions {
  /** Host of the request, with its port where it names one: the pseudonym. */
  readonly host: string;
  readonly scheme: 'https' | 'http';
  /** Path of the document that links are relative to. */
  readonly path: string;
  readonly capability: string;
  /** Host names under which the same server is reached without a pseudonym. */
  readonly sites: readonly string[];
  /** Host name of the linker, and the tenants that links to go there; empty: none do. */
  readonly linker: string;
  readonly tenants: { has(domain: string): boolean };
}

const SCHEME_OR_SLASHES = /^(?:[a-z][a-z0-9+.-]*:|[\\/]{2})/i;
/** C0 controls and spaces around, tabs and newlines within: the URL parser skips them. */
const SKIPPED = /^[\0-\x20]+|[\0-\x20]+$|[\t\n\r]/g;

/** The links of one page: which are the tenant's own, and what becomes of them and of those to its neighbours (4.3). */
export class Links {
  readonly capability: string;
  readonly origin: string;
  private readonly options: LinksOptions;
  private base: URL;
  private based = false;

  constructor(options: LinksOptions) {
    this.options = options;
    this.capability = options.capability;
    this.origin = `${options.scheme}://${options.host}`;
    this.base = parse(options.path, new URL(this.origin)) ?? new URL(this.origin);
  }

  /** What relative links are relative to from now on (`<base href>`); only the first counts. */
  setBase(href: string): void {
    if (this.based) return;
    this.based = true;
    this.base = parse(clean(href), this.base) ?? this.base;
  }

  /** Whether a request for it reaches this server, under its pseudonym or another of its names. */
  isOwn(link: string): boolean {
    const url = parse(clean(link), this.base);
    return url !== undefined && this.owns(url);
  }

  /** For what a page loads: its own gets the capability, everything else stays. */
  resource(link: string): string {
    return this.rewritten(link, false);
  }

  /** For where a page leads: also, links to neighbours go to the linker. */
  navigation(link: string): string {
    return this.rewritten(link, true);
  }

  /** As `resource`, and absolute if own: for texts that will be read under another address. */
  absolute(link: string): string {
    const text = clean(link);
    const url = text === '' || text.startsWith('#') ? undefined : parse(text, this.base);
    if (!url || !this.owns(url)) return link;
    return withCapability(this.origin + url.pathname + url.search + url.hash, this.capability);
  }

  private rewritten(link: string, leads: boolean): string {
    const text = clean(link);
    // The document itself, whose address has the capability already.
    if (text === '' || text.startsWith('#')) return link;
    const url = parse(text, this.base);
    if (!url) return link;
    if (this.owns(url)) {
      const here = SCHEME_OR_SLASHES.test(text) && !sameText(url, this.origin);
      const own = here ? this.origin + url.pathname + url.search + url.hash : text;
      const tagged = withCapability(own, this.capability);
      return tagged === text ? link : tagged;
    }
    return leads && this.isNeighbour(url) ? this.referral(url) : link;
  }

  private owns(url: URL): boolean {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
    if (url.host === new URL(this.origin).host || url.host === this.options.host) return true;
    return url.port === '' && this.options.sites.includes(url.hostname);
  }

  private isNeighbour(url: URL): boolean {
    const { linker, tenants } = this.options;
    if (linker === '' || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false;
    return url.port === '' && tenants.has(url.hostname);
  }

  private referral(url: URL): string {
    const { linker, host, capability } = this.options;
    const from = host.replace(/:\d*$/, '');
    return `https://${linker}/?to=${encodeURIComponent(url.href)}&from=${from}&${CAPABILITY_PARAMETER}=${capability}`;
  }
}

/** The link with the capability as the first of its query, once. */
export function withCapability(link: string, capability: string): string {
  const hash = link.indexOf('#');
  const head = hash < 0 ? link : link.slice(0, hash);
  const fragment = hash < 0 ? '' : link.slice(hash);
  const own = `${CAPABILITY_PARAMETER}=${capability}`;
  const mark = head.indexOf('?');
  if (mark < 0) return `${head}?${own}${fragment}`;
  const query = head.slice(mark + 1);
  if (query.split('&').includes(own)) return link;
  return `${head.slice(0, mark)}?${own}${query === '' ? '' : `&${query}`}${fragment}`;
}

function clean(link: string): string {
  return link.replace(SKIPPED, '');
}

function sameText(url: URL, origin: string): boolean {
  return url.origin === origin || url.origin === new URL(origin).origin;
}

function parse(text: string, base: URL): URL | undefined {
  const address = readable(text);
  return URL.canParse(address, base.href) ? new URL(address, base) : undefined;
}
