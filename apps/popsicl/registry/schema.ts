import type { Migration } from '../../../controller/store/index.js';

/**
 * Tables of the registry. `pseudonym.state` is the journal of distribution: a row is `pending` before anybody hears of the
 * pseudonym and `active` once everybody has; `withdrawing` before anybody is told to forget it, and its `ending` afterwards.
 * Addresses stay with a pseudonym that has ended, so that DNS answers as before.
 */
export const MIGRATIONS: readonly Migration[] = [
  `CREATE TABLE secret (
     name TEXT PRIMARY KEY,
     value BLOB NOT NULL
   ) STRICT;
   CREATE TABLE sealing_key (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     id INTEGER NOT NULL UNIQUE,
     secret BLOB NOT NULL,
     created_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE tenant (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     domain TEXT NOT NULL UNIQUE
   ) STRICT;
   CREATE TABLE pseudonym (
     name TEXT PRIMARY KEY,
     form TEXT NOT NULL,
     tenant TEXT NOT NULL,
     ipv4 TEXT NOT NULL,
     ipv6 TEXT NOT NULL,
     capability TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'withdrawing', 'revoked', 'expired')),
     ending TEXT,
     ended_at INTEGER,
     certificate TEXT,
     key TEXT,
     anchor TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX pseudonym_by_end ON pseudonym (state, expires_at);
   CREATE INDEX pseudonym_by_tenant ON pseudonym (tenant, state);
   CREATE TABLE own_address (
     address TEXT PRIMARY KEY,
     name TEXT NOT NULL REFERENCES pseudonym ON DELETE CASCADE
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX own_address_by_name ON own_address (name)`,
  // What the linker goes by: its own keys, and which pseudonyms are one person's.
  `CREATE TABLE linker (
     name TEXT PRIMARY KEY,
     certificate TEXT NOT NULL,
     key TEXT NOT NULL,
     anchor TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE person (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     code_hash BLOB NOT NULL UNIQUE,
     key_hash BLOB NOT NULL UNIQUE
   ) STRICT;
   ALTER TABLE pseudonym ADD COLUMN person INTEGER REFERENCES person ON DELETE SET NULL;
   CREATE INDEX pseudonym_by_person ON pseudonym (person, tenant, state)`,
];
