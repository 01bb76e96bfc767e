/** An OVSDB client (RFC 7047) and, on top of it, the Open_vSwitch database. */
export * from './client.js';
export * from './column.js';
export type { TlsFiles } from './connect.js';
export * from './database.js';
export * from './endpoint.js';
export * from './errors.js';
export type { CallOptions } from './json-rpc.js';
export * from './open-vswitch/index.js';
export * from './operation.js';
export type { ColumnSchema, DatabaseSchema } from './schema.js';
export * from './unixctl.js';
export type { WireOperation, WireResult, WireRow, WireValue } from './wire.js';
