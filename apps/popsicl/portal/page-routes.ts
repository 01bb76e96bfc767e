import { X509Certificate } from 'node:crypto';
import { domainToASCII } from 'node:url';
import type { Context, Hono } from 'hono';
import { CodedError } from '../../../controller/coded-error.js';
import { page } from '../page/page.js';
import type { RegistrationService } from '../registry/registration-service.js';
import { sourceOf } from '../source.js';
import { type FormFacts, formPage, type LinkerChoice } from './form-page.js';
import { resultPage } from './result-page.js';

export interface PageRoutesOptions {
  readonly service: Pick<RegistrationService, 'register'>;
  readonly authorityPem: string;
  readonly hasLinker: boolean;
  readonly clientOf: (context: Context) => string;
  /** Capability that the portal's own URLs bear; undefined where it is visited by its ordinary name. */
  readonly capabilityOf: (context: Context) => string | undefined;
  /** HTTP status of errors that people are told of, by code. */
  readonly statusOf: (code: string) => number | undefined;
  readonly failed: (error: unknown) => void;
}

/** What people are told; of everything else, that it did not work. */
const TEXTS: Readonly<Record<string, { text: string; field?: 'domain' | 'code' }>> = {
  declined: {
    text: 'This is no website of this cloud, or it offers no private names. Look at how its name is written.',
    field: 'domain',
  },
  'unknown-code': {
    text: 'This linker code is not known. Look at how it is written; when all your private names have ended, begin anew.',
    field: 'code',
  },
  'rate-limited': {
    text: 'Too many private names were asked for from your network. Try again in a minute.',
  },
  'cross-site': {
    text: 'This request did not come from this page. Fill in the form here, in an up-to-date browser.',
  },
};
const FAILURE = 'The cloud cannot make a private name now. Nothing is left of the attempt; try again later.';
const MAX_TYPED = 2048;

/** The portal for people: a form, and what registration gives. It works without scripts, cookies and accounts. */
export function addPageRoutes(routes: Hono, options: PageRoutesOptions): void {
  const { service, authorityPem, hasLinker, clientOf, capabilityOf, statusOf, failed } = options;
  const fingerprint = new X509Certificate(authorityPem).fingerprint256;
  const linkOf = (context: Context) => {
    const capability = capabilityOf(context);
    return (path: string) => (capability === undefined ? path : `${path}?c=${capability}`);
  };
  const form = (context: Context, more: Pick<FormFacts, 'typed' | 'error'> = {}) =>
    page(
      formPage({
        link: linkOf(context),
        fingerprint,
        hasLinker,
        isPrivate: capabilityOf(context) !== undefined,
        ...more,
      }),
    );

  routes.get('/', context => form(context));
  routes.post('/', async context => {
    const fields = new URLSearchParams(await formBody(context));
    const typed = { domain: (fields.get('domain') ?? '').slice(0, MAX_TYPED), linker: choiceOf(fields) };
    const refuse = (code: string, status: number) => {
      const { text, field } = TEXTS[code] ?? { text: FAILURE };
      return form(context, { typed, error: { status, text, field } });
    };
    if (!isOwnForm(context)) return refuse('cross-site', 403);
    try {
      const registration = await service.register({
        domain: domainIn(typed.domain),
        source: sourceOf(clientOf(context)),
        ...linkerIn(fields, hasLinker),
      });
      return await page(resultPage({ registration, link: linkOf(context) }));
    } catch (error) {
      const code = error instanceof CodedError ? error.code : '';
      const status = statusOf(code);
      if (status === undefined) failed(error);
      return refuse(code, status ?? 500);
    }
  });
}

/**
 * Whether a request comes from a page of the portal itself. Browsers say so in Sec-Fetch-Site, older ones in Origin, and no page
 * can make them say something else; who says neither is told to use the API.
 */
function isOwnForm(context: Context): boolean {
  const site = context.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = context.req.header('origin') ?? '';
  const host = context.req.header('host');
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

/** Bodies of another type are no forms: they have no fields. */
async function formBody(context: Context): Promise<string> {
  const type = context.req.header('content-type') ?? '';
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(type) ? context.req.text() : '';
}

function choiceOf(fields: URLSearchParams): LinkerChoice {
  const choice = fields.get('linker');
  return choice === 'code' || choice === 'none' ? choice : 'new';
}

function linkerIn(fields: URLSearchParams, hasLinker: boolean): { linker?: string } {
  const choice = choiceOf(fields);
  if (!hasLinker || choice === 'none') return {};
  // What is no code, such as "new", is looked up as one and not found.
  return { linker: choice === 'new' ? 'new' : `code:${fields.get('code') ?? ''}` };
}

/** The host of what was typed or pasted: a name, also in other scripts, or a URL. Others are declined as they are. */
function domainIn(text: string): string {
  const [, host = ''] = /^\s*(?:https?:\/\/)?([^\s/:?#]+)/i.exec(text) ?? [];
  return domainToASCII(host) || host;
}
