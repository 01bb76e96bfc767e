import { capabilityUrl, drawCapability } from '../capability.js';
import type { Pseudonym, PseudonymForm, ServerMaterial } from '../model.js';
import type { CloudAuthority } from '../pki/cloud-authority.js';
import { issueClientCredential, issueServerMaterial } from '../pki/issue.js';
import type { KeyType } from '../pki/key-pair.js';
import { drawPassword, makePkcs12 } from '../pki/pkcs12.js';
import type { AddressPlan } from './address-plan.js';
import type { Registration } from './reports.js';

/** What a pseudonym is to be. */
export interface DraftRequest {
  /** Cloud domain. */
  readonly domain: string;
  /** Domain of the tenant, and its number in the store. */
  readonly tenant: string;
  readonly tenantNumber: number;
  readonly form: PseudonymForm;
  readonly keyType: KeyType;
  /** PEM; absent: a key is made for the client. */
  readonly csr: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly expiresAt: number;
}

/** A name with its addresses, drawn and not yet anybody's. */
export interface DrawnPseudonym {
  readonly pseudonym: Pseudonym;
  /** Addresses that no other pseudonym may have. */
  readonly own: readonly string[];
}

export function drawPseudonym(plan: AddressPlan, request: DraftRequest): DrawnPseudonym {
  const { domain, tenant, tenantNumber, form, now, expiresAt } = request;
  const { label, addresses, own } = plan.draw(form, tenantNumber);
  const pseudonym: Pseudonym = {
    name: `${label}.${domain}`,
    form,
    tenant,
    addresses,
    capability: drawCapability(),
    createdAt: now,
    expiresAt,
    state: 'active',
  };
  return { pseudonym, own };
}

/** Keys and certificates of both sides. The client's key is in the registration and nowhere else. */
export async function equip(
  authority: CloudAuthority,
  pseudonym: Pseudonym,
  { keyType, csr, now, expiresAt }: DraftRequest,
): Promise<{ material: ServerMaterial; registration: Registration }> {
  const { name, capability } = pseudonym;
  const material = await issueServerMaterial(authority, name, keyType, { from: now, until: expiresAt });
  const { certificate, certificatePem, privateKey } = await issueClientCredential(material, keyType, csr);
  const registration = {
    name,
    url: capabilityUrl(name, capability),
    expiresAt,
    certificatePem,
    authorityPem: authority.rootPem,
  };
  if (privateKey === undefined) return { material, registration };
  const password = drawPassword();
  const [modern, old] = await Promise.all([
    makePkcs12('modern', privateKey, certificate, name, password),
    makePkcs12('old', privateKey, certificate, name, password),
  ]);
  return { material, registration: { ...registration, pkcs12: { modern, old, password } } };
}
