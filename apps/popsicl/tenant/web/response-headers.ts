import type { ServerResponse } from 'node:http';
import type { Page } from './page.js';
import { rewriteRefresh } from './rewrite/refresh.js';

/** They make a browser tell others of the page, or go elsewhere for it. */
const REMOVED = ['alt-svc', 'report-to', 'reporting-endpoints', 'nel', 'content-security-policy-report-only'];
const STRICT_REFERRERS = new Set(['no-referrer', 'same-origin']);

/** Headers of every answer under a pseudonym, whatever its body. */
export function adaptHeaders(response: ServerResponse, page: Page): void {
  const links = page.links();
  const change = (name: string, adapt: (value: string) => string) => {
    const value = response.getHeader(name);
    if (value === undefined) return;
    if (Array.isArray(value)) response.setHeader(name, value.map(adapt));
    else response.setHeader(name, adapt(String(value)));
  };
  // A request that is repeated as it is cannot go to the linker.
  const leads = response.statusCode !== 307 && response.statusCode !== 308 && response.statusCode >= 300;
  change('location', to => (leads ? links.navigation(to) : links.resource(to)));
  change('content-location', to => links.resource(to));
  change('sourcemap', to => links.resource(to));
  change('refresh', value => rewriteRefresh(value, to => links.navigation(to)));
  change('link', value => taggedLinks(value, to => links.resource(to)));
  change('set-cookie', hostOnly);
  change('cache-control', privately);
  // What is in the browser's cache keeps the policy with the nonce that its scripts have.
  if (response.statusCode === 304 && page.options.script) response.removeHeader('content-security-policy');
  change('content-security-policy', policy => page.policy(policy));
  for (const name of REMOVED) response.removeHeader(name);
  const referrer = String(response.getHeader('referrer-policy') ?? '').trim();
  if (!STRICT_REFERRERS.has(referrer)) response.setHeader('Referrer-Policy', page.options.referrerPolicy);
}

/** The body is another than the application's: what was computed over it no longer holds. */
export function forgetBody(response: ServerResponse): void {
  for (const name of ['content-length', 'content-md5', 'digest', 'content-digest', 'repr-digest']) {
    response.removeHeader(name);
  }
  response.setHeader('Accept-Ranges', 'none');
  const tag = response.getHeader('etag');
  if (typeof tag === 'string' && tag.startsWith('"')) response.setHeader('ETag', `W/${tag}`);
}

/** The URLs of a Link header (RFC 8288). */
export function taggedLinks(value: string, rewrite: (url: string) => string): string {
  return value.replace(/<([^<>]*)>/g, (_all, url: string) => `<${rewrite(url)}>`);
}

/** A cookie without Domain stays with the host that sets it, and pseudonyms apart (RFC 6265 5.3). */
function hostOnly(cookie: string): string {
  const [pair, ...attributes] = cookie.split(';');
  return [pair, ...attributes.filter(attribute => !/^\s*domain\s*(?:=|$)/i.test(attribute))].join(';');
}

/** What one pseudonym gets is nobody else's. */
function privately(value: string): string {
  const kept = value
    .split(',')
    .map(directive => directive.trim())
    .filter(directive => !/^(?:public|private|s-maxage(?:=.*)?|)$/i.test(directive));
  return /(?:^|,)\s*no-store/i.test(value) ? value : ['private', ...kept].join(', ');
}
