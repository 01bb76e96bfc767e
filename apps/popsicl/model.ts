/** The words that all parts of PoPSiCl share, with the paper's section where it names the thing. */

/** How a connection to a pseudo-address reaches the tenant. */
export type StrategyName = 'cookie' | 'address' | 'repair' | 'proxy';

/** How a switch carries a connection on after its handoff. */
export type RedirectionName = 'conntrack' | 'flows';

export type AddressFamily = 'ipv4' | 'ipv6';

/**
 * What a tenant has that says nothing. Where every pseudonym has an address of its own, no handoff is needed. But who has a decoy in
 * a family wants names to look alike there: then the name is read first, and by it alone a server is chosen.
 */
export function defaultStrategy(
  family: AddressFamily,
  decoy: Readonly<Partial<Record<AddressFamily, string | undefined>>> | undefined,
): StrategyName {
  return family === 'ipv6' && decoy?.ipv6 === undefined ? 'address' : 'cookie';
}

/** A server of the cloud that people may have pseudonyms for. */
export interface TenantConfig {
  /** Its ordinary name, in lower case without a final dot. */
  readonly domain: string;
  /** Addresses in the cloud, as text; at least one of the two. */
  readonly ipv4?: string | undefined;
  readonly ipv6?: string | undefined;
  /** TCP port of its TLS server. */
  readonly port: number;
  /** MAC address of its interface; absent: learnt. */
  readonly mac?: string | undefined;
  /** By address family of the client's packets; absent: the default of the family. */
  readonly strategy?: Readonly<Partial<Record<AddressFamily, StrategyName | undefined>>> | undefined;
  readonly redirection?: RedirectionName | undefined;
}

/**
 * `stored`: a random label that DNS looks up. `stateless`: the label is the authenticated encryption of the
 * pseudo-addresses (6.2), so that DNS needs no table.
 */
export type PseudonymForm = 'stored' | 'stateless';

/** A PoPSiCl (4.1): a name that one client uses for one tenant. */
export interface Pseudonym {
  /** `STR.<cloud domain>`, in lower case without a final dot. */
  readonly name: string;
  readonly form: PseudonymForm;
  /** Domain of the tenant. */
  readonly tenant: string;
  /** Pseudo-addresses as canonical text; one or more in all. */
  readonly addresses: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };
  /** What every URL of the pseudonym carries (4.3): at least 128 random bits, base64url. */
  readonly capability: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: 'active' | 'revoked';
}

/** What the tenant's server needs to serve one pseudonym. PEM. */
export interface ServerMaterial {
  /** The pseudonym. */
  readonly name: string;
  /** Server certificate, then the chain up to but without the root. */
  readonly certificatePem: string;
  /** Private key (PKCS#8). */
  readonly keyPem: string;
  /** The only trust anchor for clients of this pseudonym: self-signed, on the same key. Never sent to clients. */
  readonly anchorPem: string;
}

/** All that the tenant's machine has of one pseudonym. */
export interface TenantMaterial extends ServerMaterial {
  /** What every URL of the pseudonym carries (4.3). */
  readonly capability: string;
}

/** What a tenant may know of the cloud around it, to make links to its neighbours (4.3). */
export interface CloudFacts {
  /** Host name of the linker; empty where the cloud has none. */
  readonly linker: string;
  /** Domains of the cloud's tenants, this one's too. */
  readonly tenants: readonly string[];
  /** Those whose pages may refer to this tenant's pseudonyms. */
  readonly trusted: readonly string[];
}

/** A packed address: text, an IPv4 number (unsigned 32 bits), or 4 or 16 bytes in network order. */
export type PackedAddress = string | number | Uint8Array;

export interface DirectoryChange {
  readonly type: 'published' | 'withdrawn';
  readonly name: string;
}

/** What interception asks, synchronously, in the packet path. */
export interface Directory {
  /** Tenant of an active pseudonym, in any case; undefined for every other name. */
  tenantOfName(name: string): TenantConfig | undefined;
  /**
   * Tenant that a pseudo-address names all by itself: one that belongs to a single active pseudonym, or the stateless
   * form. Undefined for shared, unknown and other addresses.
   */
  tenantOfAddress(address: PackedAddress): TenantConfig | undefined;
  /** Whether the address lies in one of the blocks of pseudo-addresses, given out or not. */
  isPseudoAddress(address: PackedAddress): boolean;
  /** Calls `listener` after each change; the function returned ends that. */
  onChange(listener: (change: DirectoryChange) => void): () => void;
}

/**
 * One party that has to know of a pseudonym before its owner gets it: DNS, the directory, the tenant's server. Both calls
 * may come again for what was done already, and `withdraw` also for a name never published.
 */
export interface Distribution {
  /** For logs and reports, such as `dns`. */
  readonly label: string;
  /** Milliseconds within which it answers or fails by itself, where that may be longer than others have. */
  readonly patience?: number;
  /** Resolves when the party acts on it; rejects when it does not or may not, with a PartyError where that is known. */
  publish(pseudonym: Pseudonym, material: ServerMaterial): Promise<void>;
  /** Resolves when the party has forgotten it. `tenant` is the domain that it was published for. */
  withdraw(name: string, tenant: string): Promise<void>;
}
