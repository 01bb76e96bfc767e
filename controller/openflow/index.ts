/**
 * OpenFlow 1.3 messages: bytes <-> typed plain objects. Pure: no I/O, no clock.
 *
 *     const writer = new Writer();
 *     encode(writer, { type: 'flow-mod', match: { inPort: 1 }, instructions: [] });
 *     decode(writer.bytes());
 *
 * Generated from spec/; docs/reference/openflow.md lists everything.
 */
export { decode, encode, encodeToBytes, HEADER_LENGTH, messageLength, VERSION } from './codec.js';
export { errorCodeName } from './error-codes.js';
export { OpenflowError, type OpenflowErrorCode } from './errors.js';
export * from './generated/enumerations.js';
export { MULTIPART_LISTS } from './generated/error-tables.js';
export { OXM_FIELDS, type OxmFieldInfo } from './generated/oxm-table.js';
export type * from './generated/types.js';
export { helloFor, helloVersions, negotiateVersion } from './hello.js';
export { formatHex, parseHex } from './hex.js';
export { type ExperimenterId, oxmFieldByName, type RawOxmKey } from './ids.js';
export { type Json, toJson } from './json.js';
export { messageTypeName } from './message-type.js';
export { PacketInView } from './packet-in-view.js';
export { prepareActions, prepareInstructions } from './prepare.js';
export type { Masked } from './write-oxm.js';
export type { ByteRange, Bytes, U64, U128 } from './write-values.js';
export { MAX_MESSAGE_LENGTH, Writer } from './writer.js';

/** bufferId of a packet that is in the message itself. */
export const NO_BUFFER = 0xffffffff;
