import type { SqlValue, Statement, Store } from '../../../controller/store/index.js';
import type { Pseudonym, PseudonymForm, ServerMaterial, TenantMaterial } from '../model.js';
import type { PersonHashes } from './person.js';
import type { RegistrationState } from './reports.js';

/** How a pseudonym ends. */
export type Ending = 'revoked' | 'expired';

/** A row of the table, without keys. */
export interface Registered {
  readonly name: string;
  readonly form: PseudonymForm;
  readonly tenant: string;
  readonly addresses: Pseudonym['addresses'];
  readonly capability: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: RegistrationState;
  readonly ending: Ending | null;
}

interface Row {
  readonly name: string;
  readonly form: PseudonymForm;
  readonly tenant: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly capability: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly state: RegistrationState;
  readonly ending: Ending | null;
}

interface MaterialRow {
  readonly name: string;
  readonly certificate: string;
  readonly key: string;
  readonly anchor: string;
}

const COLUMNS = 'name, form, tenant, ipv4, ipv6, capability, created_at, expires_at, state, ending';
const PAGE = 1000;

/** Pseudonyms in the store, in the words of the registry. Each change is one durable write. */
export class RegistrationTable {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** Number of a tenant, 1 to 65535, given out when the tenant is first seen; the same for good. */
  async tenantNumber(domain: string): Promise<number> {
    // No upsert: one that finds a row uses up a number all the same.
    await this.store.write([
      {
        sql: 'INSERT INTO tenant (domain) SELECT ? WHERE NOT EXISTS (SELECT * FROM tenant WHERE domain = ?)',
        parameters: [domain, domain],
      },
    ]);
    const [row] = await this.store.read<{ number: number }>('SELECT number FROM tenant WHERE domain = ?', [
      domain,
    ]);
    return row!.number;
  }

  /** How many pseudonyms are active. */
  async count(): Promise<number> {
    const [row] = await this.store.read<{ count: number }>(
      "SELECT count(*) AS count FROM pseudonym WHERE state = 'active'",
    );
    return row!.count;
  }

  /** Writes a pseudonym down before anybody hears of it. StoreError `not-applied` when an address of its own is taken. */
  async begin(
    pseudonym: Pseudonym,
    material: ServerMaterial,
    own: readonly string[],
    person?: PersonHashes,
  ): Promise<void> {
    const { name, form, tenant, addresses, capability, createdAt, expiresAt } = pseudonym;
    const { certificatePem, keyPem, anchorPem } = material;
    const isNew = person?.keyHash !== undefined;
    await this.store.write([
      ...(isNew ? [newPerson(person.codeHash, person.keyHash!)] : []),
      {
        sql: `INSERT INTO pseudonym (${COLUMNS}, certificate, key, anchor, person)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', NULL, ?, ?, ?,
                      (SELECT number FROM person WHERE code_hash = ?))`,
        parameters: [
          name,
          form,
          tenant,
          addresses.ipv4.join(' '),
          addresses.ipv6.join(' '),
          capability,
          createdAt,
          expiresAt,
          certificatePem,
          keyPem,
          anchorPem,
          person?.codeHash ?? null,
        ],
      },
      ...own.map(address => ({
        sql: 'INSERT INTO own_address (address, name) VALUES (?, ?)',
        parameters: [address, name],
      })),
    ]);
  }

  activate(name: string): Promise<number[]> {
    return this.change("UPDATE pseudonym SET state = 'active' WHERE name = ? AND state = 'pending'", [name]);
  }

  /** Forgets a pseudonym that nobody was given. */
  remove(name: string): Promise<number[]> {
    return this.store.write([
      forgetPerson(name),
      { sql: "DELETE FROM pseudonym WHERE name = ? AND state = 'pending'", parameters: [name], changes: 1 },
    ]);
  }

  extend(name: string, material: ServerMaterial, expiresAt: number): Promise<number[]> {
    return this.change(
      "UPDATE pseudonym SET certificate = ?, expires_at = ? WHERE name = ? AND state = 'active'",
      [material.certificatePem, expiresAt, name],
    );
  }

  /** The pseudonym is over, whatever happens from here. */
  beginEnd(name: string, ending: Ending, now: number): Promise<number[]> {
    return this.change(
      "UPDATE pseudonym SET state = 'withdrawing', ending = ?, ended_at = ? WHERE name = ? AND state = 'active'",
      [ending, now, name],
    );
  }

  /** Everybody has forgotten it: its keys go, and with the last of somebody's pseudonyms what tied them together. */
  finishEnd(name: string): Promise<number[]> {
    return this.store.write([
      forgetPerson(name),
      {
        sql: `UPDATE pseudonym SET state = ending, certificate = NULL, key = NULL, anchor = NULL, person = NULL
              WHERE name = ? AND state = 'withdrawing'`,
        parameters: [name],
        changes: 1,
      },
    ]);
  }

  /** Names that ended before `time` and are now removed altogether. */
  async purge(time: number): Promise<string[]> {
    const where = "state IN ('revoked', 'expired') AND ended_at < ?";
    const rows = await this.store.read<{ name: string }>(`SELECT name FROM pseudonym WHERE ${where}`, [time]);
    if (rows.length > 0)
      await this.store.write([{ sql: `DELETE FROM pseudonym WHERE ${where}`, parameters: [time] }]);
    return rows.map(row => row.name);
  }

  async get(name: string): Promise<Registered | undefined> {
    const [row] = await this.store.read<Row>(`SELECT ${COLUMNS} FROM pseudonym WHERE name = ?`, [name]);
    return row === undefined ? undefined : registered(row);
  }

  async material(name: string): Promise<ServerMaterial | undefined> {
    const [row] = await this.store.read<MaterialRow>(
      'SELECT name, certificate, key, anchor FROM pseudonym WHERE name = ? AND key IS NOT NULL',
      [name],
    );
    return row === undefined ? undefined : material(row);
  }

  /** Active pseudonyms whose time is over. */
  async expired(now: number): Promise<string[]> {
    const rows = await this.store.read<{ name: string }>(
      "SELECT name FROM pseudonym WHERE state = 'active' AND expires_at <= ? ORDER BY expires_at LIMIT ?",
      [now, PAGE],
    );
    return rows.map(row => row.name);
  }

  /** Every pseudonym in one of the states, in pages, by name. */
  async *all(...states: RegistrationState[]): AsyncGenerator<Registered> {
    const marks = states.map(() => '?').join(', ');
    for (let after = ''; ; ) {
      const rows = await this.store.read<Row>(
        `SELECT ${COLUMNS} FROM pseudonym WHERE name > ? AND state IN (${marks}) ORDER BY name LIMIT ${PAGE}`,
        [after, ...states],
      );
      for (const row of rows) yield registered(row);
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.name;
    }
  }

  /** Tenants with pseudonyms of which somebody is still to hear that they are over, or never were. */
  async unsettledTenants(): Promise<string[]> {
    const rows = await this.store.read<{ tenant: string }>(
      "SELECT DISTINCT tenant FROM pseudonym WHERE state IN ('pending', 'withdrawing')",
    );
    return rows.map(row => row.tenant);
  }

  /** Those of one tenant after a name, in pages, by name. */
  async *unsettled(tenant: string, name: string): AsyncGenerator<string> {
    for (let after = name; ; ) {
      const rows = await this.store.read<{ name: string }>(
        `SELECT name FROM pseudonym WHERE tenant = ? AND state IN ('pending', 'withdrawing') AND name > ?
         ORDER BY name LIMIT ${PAGE}`,
        [tenant, after],
      );
      for (const row of rows) yield row.name;
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.name;
    }
  }

  /** What the server of a tenant has to serve, for agents that start with nothing. */
  async *materials(tenant: string): AsyncGenerator<TenantMaterial> {
    for (let after = ''; ; ) {
      const rows = await this.store.read<MaterialRow & { capability: string }>(
        `SELECT name, certificate, key, anchor, capability FROM pseudonym
         WHERE tenant = ? AND state = 'active' AND name > ? ORDER BY name LIMIT ${PAGE}`,
        [tenant, after],
      );
      for (const row of rows) yield { ...material(row), capability: row.capability };
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.name;
    }
  }

  private change(sql: string, parameters: readonly SqlValue[]): Promise<number[]> {
    return this.store.write([{ sql, parameters, changes: 1 }]);
  }
}

/** Who has no other pseudonym than this one is nobody without it. */
function forgetPerson(name: string): Statement {
  return {
    sql: `DELETE FROM person WHERE number = (SELECT person FROM pseudonym WHERE name = ?)
          AND NOT EXISTS (SELECT * FROM pseudonym WHERE person = number AND name <> ?)`,
    parameters: [name, name],
  };
}

function newPerson(codeHash: Uint8Array, keyHash: Uint8Array): Statement {
  return { sql: 'INSERT INTO person (code_hash, key_hash) VALUES (?, ?)', parameters: [codeHash, keyHash] };
}

function registered(row: Row): Registered {
  const { name, form, tenant, ipv4, ipv6, capability, state, ending } = row;
  const list = (text: string) => (text === '' ? [] : text.split(' '));
  return {
    name,
    form,
    tenant,
    addresses: { ipv4: list(ipv4), ipv6: list(ipv6) },
    capability,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    state,
    ending,
  };
}

function material({ name, certificate, key, anchor }: MaterialRow): ServerMaterial {
  return { name, certificatePem: certificate, keyPem: key, anchorPem: anchor };
}
