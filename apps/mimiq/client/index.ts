/**
 * `cloakflow/mimiq`: HTTP/3 over QUIC connections that change their address while requests go on (the MIMIQ paper,
 * sections 3.1 and 5), for servers that nobody changed.
 */
export {
  type AddressSource,
  type Family,
  type HeldAddress,
  StaticAddresses,
  SystemAddresses,
} from './address-source.js';
export { AgentAddresses } from './agent-addresses.js';
export { type ClientOptions, MimiqClient, type Request } from './client.js';
export { ClientError, type ClientErrorCode } from './client-error.js';
export { type HopCounts, HoppingConnection, type HoppingOptions } from './hopping-connection.js';
export type { RequestHead, ResponseHead } from './http3/message.js';
export type { Response } from './http3/request-stream.js';
export type { RequestBody } from './http3/session.js';
export type { Field } from './http3/static-table.js';
export type { TlsOptions } from './quic/tls.js';
export {
  parseStrategy,
  type StrategyOptions,
  type StrategyRules,
  strategyFor,
  strategyRules,
} from './strategy/options.js';
export type { Progress } from './strategy/progress.js';
export { createStrategy, type Strategy } from './strategy/strategy.js';
