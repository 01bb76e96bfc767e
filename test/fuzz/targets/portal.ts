import type { Hono } from 'hono';
import { keyOfRequest } from '../../../apps/popsicl/pki/client-request.js';
import { createAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { portalRoutes } from '../../../apps/popsicl/portal/portal-routes.js';
import { canonicalDomain } from '../../../apps/popsicl/pseudonym/label.js';
import { RegistrationError } from '../../../apps/popsicl/registry/registration-error.js';
import { type FuzzTarget, promise } from '../target.js';

const HOST = 'portal.popsicls.test';
let routes: Promise<Hono> | undefined;

/**
 * HTTP requests to the portal: `METHOD PATH`, header lines, an empty line, the body. None is an internal error, and no page
 * has markup of the client's. Nobody is registered.
 */
export const portalTarget: FuzzTarget = {
  name: 'portal',
  async run(input) {
    const request = readRequest(Buffer.from(input));
    if (request === undefined) return 'no request';
    routes ??= start();
    const answer = await (await routes).request(request);
    const text = await answer.text();
    promise(answer.status !== 500, `an internal error: ${text}`);
    const type = answer.headers.get('content-type') ?? '';
    promise(!/html/.test(type) || !/<script|onerror=/i.test(text), 'a page has markup of the client');
    const code = type.startsWith('application/json') ? JSON.parse(text).error?.code : '';
    return `${request.method} ${answer.status} ${type} ${code}`;
  },
};

async function start(): Promise<Hono> {
  const { certificatePem } = await createAuthority('popsicls.test', 'ecdsa-p256', Date.now());
  return portalRoutes({
    service: {
      async register({ domain, csr }) {
        promise(typeof domain === 'string', 'a domain is no text');
        if (canonicalDomain(domain) !== undefined && csr !== undefined) await keyOfRequest(csr);
        throw new RegistrationError('declined', 'there are no pseudonyms for this domain');
      },
    },
    authorityPem: certificatePem,
    hasLinker: true,
    clientOf: () => '192.0.2.1',
    failed: error => {
      throw error;
    },
  });
}

function readRequest(bytes: Buffer): Request | undefined {
  const end = bytes.indexOf('\n\n');
  const [first = '', ...lines] = bytes
    .subarray(0, end < 0 ? bytes.length : end)
    .toString('latin1')
    .split('\n');
  const [method = 'GET', path = '/'] = first.split(' ');
  try {
    const headers = lines.map(line => line.split(/:(.*)/s, 2) as [string, string]);
    const body = end < 0 || method === 'GET' || method === 'HEAD' ? null : bytes.subarray(end + 2);
    return new Request(`https://${HOST}${path}`, { method, headers: [['host', HOST], ...headers], body });
  } catch {
    return undefined;
  }
}
