import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

/** The messages as `mimiq.proto` says them; the file stands beside the sources and is read once. */
export interface RequestMessage {
  readonly requestId: Uint8Array;
  readonly allocate?: { readonly family: number; readonly count: number };
  readonly renew?: { readonly addresses: readonly Uint8Array[] };
  readonly release?: { readonly addresses: readonly Uint8Array[] };
  readonly status?: Record<string, never>;
}

export interface GrantMessage {
  readonly address: Uint8Array;
  readonly lifetimeMs: number;
  readonly network: number;
}

export interface NetworkMessage {
  readonly prefixLength: number;
  readonly gateway: Uint8Array;
}

export interface GrantedMessage {
  readonly grants: readonly GrantMessage[];
  readonly networks: readonly NetworkMessage[];
  readonly lingerMs: number;
  readonly held: number;
}

export interface RefusedMessage {
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs: number;
}

export interface AnswerMessage {
  readonly requestId: Uint8Array;
  readonly granted?: GrantedMessage;
  readonly refused?: RefusedMessage;
}

/** The longest datagram that either side takes: it fits into one packet behind a tunnel. */
export const MAX_DATAGRAM = 1300;

const SOURCE = new URL('../../../../apps/mimiq/protocol/mimiq.proto', import.meta.url);
const { root } = protobuf.parse(readFileSync(SOURCE, 'utf8'), { keepCase: false });
const requestType = root.lookupType('cloakflow.mimiq.Request');
const answerType = root.lookupType('cloakflow.mimiq.Answer');

export function encodeRequest(request: RequestMessage): Uint8Array {
  return requestType.encode(requestType.fromObject(request)).finish();
}

export function encodeAnswer(answer: AnswerMessage): Uint8Array {
  return answerType.encode(answerType.fromObject(answer)).finish();
}

/** Undefined for bytes that are no request. */
export function decodeRequest(bytes: Uint8Array): RequestMessage | undefined {
  return decode(requestType, bytes) as RequestMessage | undefined;
}

/** Undefined for bytes that are no answer. */
export function decodeAnswer(bytes: Uint8Array): AnswerMessage | undefined {
  return decode(answerType, bytes) as AnswerMessage | undefined;
}

function decode(type: protobuf.Type, bytes: Uint8Array): unknown {
  if (bytes.length > MAX_DATAGRAM) return undefined;
  try {
    return type.toObject(type.decode(bytes), { defaults: true, arrays: true, oneofs: false });
  } catch {
    return undefined;
  }
}
