/** What must survive a restart: embedded SQLite. */
export { openMemoryStore, openStore } from './sqlite-store.js';
export type { Migration, SqlValue, Statement, Store } from './store.js';
export { StoreError, type StoreErrorCode } from './store-error.js';
