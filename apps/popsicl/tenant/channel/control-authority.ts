import { Certificate, type PublicKeyInfo } from 'pkijs';
import { commonName, keyIdOf, makeCertificate } from '../../pki/certificate.js';
import { generateKeyPair, importPrivateKey, privateKeyPem, publicKeyInfo } from '../../pki/key-pair.js';
import { fromPem, toPem } from '../../pki/pem.js';
import { makeAuthority } from '../../pki/self-signed.js';
import { ChannelError } from './channel-error.js';

/** The name that agents expect in the controller's certificate, wherever they connect to. */
export const CONTROLLER_NAME = 'controller.control.cloakflow.internal';
const CONTROL_DOMAIN = 'control.cloakflow.internal';
const AUTHORITY_NAME = 'cloakflow control authority';
/** No host name: such a certificate is none for any server. */
const AGENT_PREFIX = 'tenant:';
const YEAR = 365 * 24 * 3_600_000;
const SKEW = 3_600_000;
const YEARS = 10;

/** Certificate, then key. PEM. */
export interface Credentials {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** The small authority between controller and agents. It has nothing to do with the cloud's own. */
export function createControlAuthority(now: number): Promise<Credentials> {
  return makeAuthority(AUTHORITY_NAME, CONTROL_DOMAIN, 'ecdsa-p256', {
    from: now - SKEW,
    until: now + YEARS * YEAR,
  });
}

/** What the controller shows to agents. @throws ChannelError `bad-credentials` */
export function issueController(authority: Credentials, now: number): Promise<Credentials> {
  return issue(authority, now, 'server', CONTROLLER_NAME);
}

/** What the agent of one tenant shows to the controller. @throws ChannelError `bad-credentials` */
export function issueAgent(authority: Credentials, domain: string, now: number): Promise<Credentials> {
  return issue(authority, now, 'client', `${AGENT_PREFIX}${domain}`);
}

/** The same for a key of the agent's own. PEM. @throws ChannelError `bad-credentials` */
export async function certifyAgent(
  authority: Credentials,
  domain: string,
  publicKey: PublicKeyInfo,
  now: number,
): Promise<string> {
  return certify(authority, now, 'client', `${AGENT_PREFIX}${domain}`, publicKey);
}

/** The tenant that a certificate's common name is for; undefined for another name. */
export function domainOfAgent(name: unknown): string | undefined {
  if (typeof name !== 'string' || !name.startsWith(AGENT_PREFIX)) return undefined;
  return name.slice(AGENT_PREFIX.length);
}

async function issue(
  authority: Credentials,
  now: number,
  purpose: 'server' | 'client',
  name: string,
): Promise<Credentials> {
  const keys = await generateKeyPair('ecdsa-p256');
  const certificatePem = await certify(authority, now, purpose, name, await publicKeyInfo(keys.publicKey));
  return { certificatePem, keyPem: await privateKeyPem(keys.privateKey) };
}

async function certify(
  authority: Credentials,
  now: number,
  purpose: 'server' | 'client',
  name: string,
  publicKey: PublicKeyInfo,
): Promise<string> {
  const signingKey = await importPrivateKey(authority.keyPem);
  const [der] = fromPem('CERTIFICATE', authority.certificatePem);
  if (signingKey === undefined || der === undefined)
    throw new ChannelError(
      'bad-credentials',
      'the control authority has no certificate or no key that can be read',
    );
  const issuer = Certificate.fromBER(der);
  const certificate = await makeCertificate({
    subject: commonName(name),
    issuer: issuer.subject,
    publicKey,
    signingKey,
    issuerKeyId: await keyIdOf(issuer.subjectPublicKeyInfo),
    notBefore: new Date(now - SKEW),
    notAfter: issuer.notAfter.value,
    purpose,
    ...(purpose === 'server' ? { names: [name] } : {}),
  });
  return pemOf(certificate);
}

function pemOf(certificate: Certificate): string {
  return toPem('CERTIFICATE', certificate.toSchema().toBER());
}
