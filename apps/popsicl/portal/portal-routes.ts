import { createHash, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { CodedError } from '../../../controller/coded-error.js';
import { CAPABILITY_PARAMETER } from '../capability.js';
import type { RegistrationService } from '../registry/registration-service.js';
import { sourceOf } from '../source.js';
import type { CapabilityDirectory } from '../tenant/capabilities/capability-directory.js';
import { addPageRoutes } from './page-routes.js';
import { PortalError } from './portal-error.js';
import { registrationAnswer, registrationSchema } from './portal-requests.js';

export interface PortalRoutesOptions {
  readonly service: Pick<RegistrationService, 'register'>;
  /** The cloud's root, PEM. */
  readonly authorityPem: string;
  /** Whether people are asked how links to other websites shall go. */
  readonly hasLinker: boolean;
  /** Where the portal is visited by pseudonyms: what its URLs must bear. */
  readonly capabilities?: CapabilityDirectory;
  /** Address of the client of a request. */
  readonly clientOf: (context: Context) => string;
  /** An error that is nobody's fault outside. */
  readonly failed: (error: unknown) => void;
}

const MAX_BODY_BYTES = 16 * 1024;
const STATUS: Readonly<Record<string, ContentfulStatusCode>> = {
  'bad-request': 400,
  'bad-request-certificate': 400,
  'unsupported-key': 400,
  'too-many-addresses': 400,
  'unknown-code': 400,
  'no-linker': 400,
  declined: 404,
  'not-found': 404,
  'too-large': 413,
  'unsupported-media-type': 415,
  'rate-limited': 429,
  'registry-full': 503,
  'addresses-exhausted': 503,
  'distribution-failed': 503,
  closing: 503,
};
const RETRY_SECONDS = '60';
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['referrer-policy', 'no-referrer'],
  ['strict-transport-security', 'max-age=31536000'],
  ['x-content-type-options', 'nosniff'],
];

/** The JSON API of the portal (4.1). Errors are `{"error": {"code", "message", "mend"}}`. */
export function portalRoutes(options: PortalRoutesOptions): Hono {
  const { service, authorityPem, capabilities, clientOf, failed } = options;
  const routes = new Hono();
  routes.use(async (context, next) => {
    await next();
    for (const [name, value] of HEADERS) if (!context.res.headers.has(name)) context.header(name, value);
    if ([429, 503].includes(context.res.status)) context.header('retry-after', RETRY_SECONDS);
  });
  const capabilityOf = (context: Context) =>
    capabilities?.capabilityOf(context.req.header('host')?.replace(/:\d*$/, '') ?? '');
  if (capabilities !== undefined) {
    routes.use(async (context, next) => {
      const found = new URL(context.req.url).searchParams.getAll(CAPABILITY_PARAMETER);
      const wanted = capabilityOf(context);
      if (wanted === undefined || found.length !== 1 || !isEqual(found[0]!, wanted)) {
        throw new PortalError('not-found', 'there is nothing here');
      }
      await next();
    });
  }
  routes.use(limitedBody);

  addPageRoutes(routes, { ...options, capabilityOf, statusOf: code => STATUS[code] });
  routes.post('/registrations', async context => {
    const input = parseInput(await jsonBody(context));
    const source = sourceOf(clientOf(context));
    return context.json(registrationAnswer(await service.register({ ...input, source })), 201);
  });
  routes.get('/ca.pem', context =>
    context.body(authorityPem, 200, {
      'content-type': 'application/x-pem-file',
      'content-disposition': 'attachment; filename="cloud-ca.pem"',
    }),
  );

  routes.notFound(() => {
    throw new PortalError('not-found', 'there is nothing here');
  });
  routes.onError((error, context) => {
    const known = error instanceof CodedError ? STATUS[error.code] : undefined;
    // Others may speak of files, or worse: they are for the operator.
    if (known === undefined) failed(error);
    const told =
      known === undefined ? new PortalError('internal', 'the portal failed') : (error as CodedError);
    for (const [name, value] of HEADERS) context.header(name, value);
    return context.json(errorJson(told), known ?? 500);
  });
  return routes;
}

const limitedBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new PortalError('too-large', `a request has at most ${MAX_BODY_BYTES} bytes`);
  },
});

async function jsonBody(context: Context): Promise<unknown> {
  // Pages of other sites cannot send this type without asking first.
  if (!/^application\/json\s*(;|$)/i.test(context.req.header('content-type') ?? '')) {
    throw new PortalError('unsupported-media-type', 'a registration is sent as application/json');
  }
  const text = await context.req.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new PortalError('bad-request', 'the request is no JSON');
  }
}

function parseInput(value: unknown) {
  const parsed = registrationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Names of members at most: values are the client's affair.
  const members = parsed.error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys' ? ['(unknown member)'] : [issue.path.join('.') || '(request)'],
  );
  throw new PortalError('bad-request', `these members are wrong: ${[...new Set(members)].join(', ')}`, {
    mend: 'Send {"domain": "…"}, and if need be "csr", "form" (stored, stateless), "keyType" (ecdsa-p256, rsa-2048) and "linker" (new, or a code).',
  });
}

function errorJson({ code, message, mend }: CodedError): {
  error: { code: string; message: string; mend?: string };
} {
  return { error: mend === undefined ? { code, message } : { code, message, mend } };
}

/** In a time that does not tell how much is alike. */
function isEqual(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
