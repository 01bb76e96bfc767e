import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import type { CloudFacts } from '../../model.js';
import { ChannelError } from './channel-error.js';

/** The messages as `tenant-channel.proto` says them; the file stands beside the sources and is read once. */
export interface FromController {
  readonly id: number;
  readonly cookieKeys?: { readonly keys: readonly CookieKeyMessage[] };
  readonly material?: MaterialMessage;
  readonly revoke?: { readonly name: string };
  readonly restore?: ConnectionMessage;
  readonly ping?: Record<string, never>;
  readonly cloud?: CloudFacts;
  readonly enrolled?: { readonly certificate: string };
}

export interface FromAgent {
  readonly id: number;
  readonly hello?: HelloMessage;
  readonly inventory?: { readonly served: readonly ServedMessage[]; readonly last: boolean };
  readonly done?: { readonly failure: string };
  readonly enrol?: { readonly secret: Uint8Array; readonly request: string };
}

export interface ServedMessage {
  readonly name: string;
  /** See `material-digest.ts`; empty where something is missing. */
  readonly digest: Uint8Array;
}

export interface HelloMessage {
  readonly version: number;
  readonly strategies: readonly string[];
  readonly hindrances: readonly string[];
}

export interface CookieKeyMessage {
  readonly epoch: number;
  readonly key: Uint8Array;
  readonly tenantWindowScale: number;
}

export interface MaterialMessage {
  readonly name: string;
  readonly certificate: string;
  readonly key: string;
  readonly anchor: string;
  readonly capability: string;
}

export interface ConnectionMessage {
  readonly tenantAddress: Uint8Array;
  readonly tenantPort: number;
  readonly clientAddress: Uint8Array;
  readonly clientPort: number;
  readonly sendSequence: number;
  readonly receiveSequence: number;
  readonly tsval?: number | undefined;
  readonly sackPermitted: boolean;
  readonly clientWindowScale?: number | undefined;
  readonly tenantWindowScale?: number | undefined;
  readonly mss: number;
  readonly clientWindow: number;
  readonly offeredWindow: number;
}

export const PROTOCOL_VERSION = 2;

const SOURCE = new URL('../../../../../apps/popsicl/tenant/channel/tenant-channel.proto', import.meta.url);
const { root } = protobuf.parse(readFileSync(SOURCE, 'utf8'), { keepCase: false });
const fromController = root.lookupType('cloakflow.tenant.FromController');
const fromAgent = root.lookupType('cloakflow.tenant.FromAgent');

export const encodeFromController = (message: FromController) => encode(fromController, message);
export const encodeFromAgent = (message: FromAgent) => encode(fromAgent, message);

/** Exactly one body, and nothing but what the protocol names. @throws ChannelError `bad-message` */
export const decodeFromController = (bytes: Uint8Array) =>
  decode(fromController, bytes) as unknown as FromController;
export const decodeFromAgent = (bytes: Uint8Array) => decode(fromAgent, bytes) as unknown as FromAgent;

/** Messages stand behind their length, 4 bytes in network byte order. */
function encode(type: protobuf.Type, message: object): Uint8Array {
  const body = type.encode(type.fromObject(message)).finish();
  const framed = new Uint8Array(4 + body.length);
  new DataView(framed.buffer).setUint32(0, body.length);
  framed.set(body, 4);
  return framed;
}

function decode(type: protobuf.Type, bytes: Uint8Array): object {
  let plain: Record<string, unknown>;
  try {
    // `arrays` fills repeated fields; scalars of the body are filled below, those of absent bodies are not.
    plain = type.toObject(type.decode(bytes), { defaults: true, arrays: true, oneofs: true });
  } catch {
    throw new ChannelError('bad-message', 'the peer sent bytes that are no message');
  }
  const body = plain.body;
  if (typeof body !== 'string')
    throw new ChannelError('bad-message', 'the peer sent a message without a body');
  return { id: plain.id, [body]: plain[body] };
}
