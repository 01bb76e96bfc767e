/** The tables, by the release that brought them. Times in milliseconds; the unique address is the last guard. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE lease (
    id INTEGER PRIMARY KEY,
    address BLOB NOT NULL UNIQUE,
    switch TEXT NOT NULL,
    port INTEGER NOT NULL,
    mac INTEGER NOT NULL,
    alias INTEGER,
    not_before INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    remove_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    request TEXT NOT NULL
  );
  CREATE TABLE alias (
    alias INTEGER PRIMARY KEY,
    sid INTEGER NOT NULL,
    switch TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    usable_until INTEGER NOT NULL,
    valid_until INTEGER NOT NULL
  );
  CREATE TABLE sid (
    switch TEXT PRIMARY KEY,
    sid INTEGER NOT NULL UNIQUE
  );
  CREATE TABLE allocator (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    next_id INTEGER NOT NULL,
    steady INTEGER,
    monotonic INTEGER,
    boot TEXT,
    identity BLOB NOT NULL
  );
  INSERT INTO allocator (only, next_id, identity) VALUES (1, 1, randomblob(16))`,
  // A lease is one row in one tree: a commit writes one page.
  `PRAGMA secure_delete = ON;
  CREATE TABLE lease_by_address (
    address BLOB PRIMARY KEY,
    id INTEGER NOT NULL,
    switch TEXT NOT NULL,
    port INTEGER NOT NULL,
    mac INTEGER NOT NULL,
    alias INTEGER,
    not_before INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    remove_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    request TEXT NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO lease_by_address
    SELECT address, id, switch, port, mac, alias, not_before, expires_at, remove_at, state, request FROM lease;
  DROP TABLE lease;
  ALTER TABLE lease_by_address RENAME TO lease`,
];
