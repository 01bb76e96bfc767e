import type { X509Certificate } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { page } from '../page/page.js';
import { checkPage } from './check-page.js';
import { keyHash } from './linker-code.js';
import type { Persons } from './persons.js';
import { follow, type LinkTarget, parseReferral } from './referral.js';

/** What became of requests. */
export interface LinkerCounts {
  pseudonyms: number;
  plain: number;
  refused: number;
}

export interface LinkerRoutesOptions {
  /** `linker.<cloud domain>`. */
  readonly name: string;
  readonly portalName: string;
  readonly persons: Persons;
  /** Tenants by domain. */
  readonly targets: ReadonlyMap<string, LinkTarget>;
  /** The certificate that the client of a request has proven to own, if it is the linker's. */
  readonly certificateOf: (context: Context) => X509Certificate | undefined;
  readonly counts: LinkerCounts;
  /** An error that is nobody's fault outside. */
  readonly failed: (error: unknown) => void;
}

/** Where a response ends: lengths tell no more than how many of these there are. */
const BLOCK_BYTES = 1024;
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'content-type': 'text/plain; charset=utf-8',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

/** The linker (4.3): `/` sends browsers on, `/check` says whether this one has a certificate for it. All else is 404 alike. */
export function linkerRoutes(options: LinkerRoutesOptions): Hono {
  const { name, portalName, persons, targets, certificateOf, counts, failed } = options;
  const routes = new Hono();
  const isForUs = (context: Context) =>
    context.req.header('host')?.toLowerCase().replace(/:\d*$/, '') === name;
  const personOf = async (context: Context) => {
    const certificate = certificateOf(context);
    return certificate === undefined ? undefined : persons.ofKey(keyHash(certificate));
  };

  const refuse = () => {
    counts.refused++;
    return padded(404);
  };

  routes.get('/', async context => {
    if (!isForUs(context)) return refuse();
    const referral = parseReferral(new URL(context.req.url).searchParams, targets);
    if (referral === undefined) return refuse();
    const location = await follow(referral, await personOf(context), persons, targets);
    if (location === referral.target.href) counts.plain++;
    else counts.pseudonyms++;
    return padded(303, location);
  });
  routes.get('/check', async context => {
    if (!isForUs(context)) return refuse();
    const state =
      certificateOf(context) === undefined
        ? 'no-certificate'
        : (await personOf(context)) === undefined
          ? 'unknown-certificate'
          : 'ready';
    return page(checkPage(state, portalName));
  });
  routes.notFound(refuse);
  routes.onError(error => {
    failed(error);
    return padded(404);
  });
  return routes;
}

/** A redirection or a refusal; with its Location it has the length of a whole number of blocks. */
function padded(status: 303 | 404, location = ''): Response {
  const text = status === 404 ? 'not found' : '';
  const length = BLOCK_BYTES - ((location.length + text.length) % BLOCK_BYTES);
  const body = text + ' '.repeat(length);
  return new Response(body, { status, headers: status === 404 ? HEADERS : { ...HEADERS, location } });
}
