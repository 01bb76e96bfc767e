import { request as httpsRequest } from 'node:https';
import { PortalError } from './portal-error.js';
import { answerSchema, type RegistrationAnswer, type RegistrationInput } from './portal-requests.js';

const TIMEOUT_MILLISECONDS = 60_000;
const MAX_ANSWER_BYTES = 1 << 20;
const TLS_ERROR = /^(CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_SSL_)/;

export interface PortalClientOptions {
  /** Base URL of the portal; https only. */
  readonly url: string;
  /** PEM of the only authority that is trusted for the portal; absent: the system's. */
  readonly authorityPem?: string | undefined;
  /** For a portal that is visited by a pseudonym: PKCS#12 and its password. */
  readonly identity?: { readonly pkcs12: Uint8Array; readonly password: string } | undefined;
}

/** Registers over the portal. Throws PortalError, with the portal's own codes where it answers. */
export async function registerAtPortal(
  { url, ...trust }: PortalClientOptions,
  input: RegistrationInput,
): Promise<RegistrationAnswer> {
  const target = parseUrl(url);
  const { status, body } = await post(target, JSON.stringify(input), trust);
  const value = parse(body);
  if (status === 201) {
    const answer = answerSchema.safeParse(value);
    if (answer.success) return answer.data;
    throw badAnswer();
  }
  const { error } = value as { error?: { code?: unknown; message?: unknown; mend?: unknown } };
  if (typeof error?.code !== 'string' || typeof error.message !== 'string') throw badAnswer();
  throw new PortalError(
    error.code,
    error.message,
    typeof error.mend === 'string' ? { mend: error.mend } : {},
  );
}

function parseUrl(text: string): URL {
  const base = URL.canParse(text) ? new URL(text) : undefined;
  if (base?.protocol !== 'https:') {
    throw new PortalError('bad-request', 'the portal is given by its https URL', {
      mend: 'For example --portal https://portal.popsicls.example.',
    });
  }
  const { origin, pathname, search } = base;
  // The query of a pseudonym's URL is its capability.
  return new URL(`registrations${search}`, `${origin}${pathname.replace(/\/?$/, '/')}`);
}

function post(
  url: URL,
  sent: string,
  { authorityPem: ca, identity }: Omit<PortalClientOptions, 'url'>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) },
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      agent: false,
      ...(ca === undefined ? {} : { ca }),
      ...(identity && { pfx: Buffer.from(identity.pkcs12), passphrase: identity.password }),
    });
    request.on('error', error => reject(failure(error)));
    request.on('response', response => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_ANSWER_BYTES) request.destroy(badAnswer());
        else chunks.push(chunk);
      });
      response.on('error', error => reject(failure(error)));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.end(sent);
  });
}

function failure(error: NodeJS.ErrnoException): PortalError {
  if (error instanceof PortalError) return error;
  const code = error.code ?? error.name;
  if (TLS_ERROR.test(code)) {
    return new PortalError('portal-untrusted', `the portal cannot be trusted: ${code}`, {
      mend: 'Name the cloud’s CA certificate with --ca FILE, and the portal by a name in its certificate.',
    });
  }
  return new PortalError('portal-unreachable', `the portal cannot be reached: ${code}`, {
    mend: 'Look at the URL after --portal, and whether the portal runs.',
  });
}

function parse(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // No JSON: no portal.
  }
  throw badAnswer();
}

function badAnswer(): PortalError {
  return new PortalError('portal-bad-answer', 'what answers there is no portal of PoPSiCl');
}
