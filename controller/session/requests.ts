import type { DecodedMessage, Message } from '../openflow/index.js';

/** The message of one type, as it is sent. */
export type MessageOf<Type extends Message['type']> = Extract<Message, { type: Type }>;
/** The message of one type, as it is received. */
export type DecodedOf<Type extends Message['type']> = Extract<DecodedMessage, { type: Type }>;

/** Type of the reply by type of the request (OpenFlow 1.3.5 section 7.3). */
const REPLY_TYPES = {
  'echo-request': 'echo-reply',
  'features-request': 'features-reply',
  'get-config-request': 'get-config-reply',
  'multipart-request': 'multipart-reply',
  'barrier-request': 'barrier-reply',
  'queue-get-config-request': 'queue-get-config-reply',
  'role-request': 'role-reply',
  'get-async-request': 'get-async-reply',
} as const satisfies Partial<Record<Message['type'], Message['type']>>;
type ReplyTypes = typeof REPLY_TYPES;

/** Types that neither ask nor are an experimenter's. */
const OTHER_TYPES = [
  'hello',
  'error',
  'set-config',
  'packet-in',
  'flow-removed',
  'port-status',
  'packet-out',
  'flow-mod',
  'group-mod',
  'port-mod',
  'table-mod',
  'set-async',
  'meter-mod',
] as const satisfies readonly Message['type'][];

const CORE_TYPES: ReadonlySet<string> = new Set([
  ...Object.keys(REPLY_TYPES),
  ...Object.values(REPLY_TYPES),
  ...OTHER_TYPES,
]);
type CoreType = keyof ReplyTypes | ReplyTypes[keyof ReplyTypes] | (typeof OTHER_TYPES)[number];

/** A message that the switch answers with a reply; of an experimenter's, the caller knows whether it does. */
export type RequestMessage = MessageOf<keyof ReplyTypes> | Exclude<Message, { type: CoreType }>;
/** An EXPERIMENTER message, of a known experimenter or not. */
export type DecodedExperimenter = Exclude<DecodedMessage, { type: CoreType }>;

type MultipartReply = DecodedOf<'multipart-reply'>;
type MultipartReplyOf<BodyType> = MultipartReply & {
  body: Extract<MultipartReply['body'], { type: BodyType }>;
};

/** The reply to a request of type `Request`; the body of a multipart reply is of the request's type. */
export type ReplyTo<Request extends RequestMessage> = Request extends {
  type: 'multipart-request';
  body: { type: infer BodyType };
}
  ? MultipartReplyOf<BodyType>
  : Request extends { type: keyof ReplyTypes }
    ? DecodedOf<ReplyTypes[Request['type']]>
    : DecodedExperimenter;

/** Types of replies; all messages of experimenters are of one. */
export type ReplyType = ReplyTypes[keyof ReplyTypes] | 'experimenter';

/** What answers a message of type `type`; undefined when nothing does. */
export function replyTypeFor(type: Message['type']): ReplyType | undefined {
  return isExperimenterType(type) ? 'experimenter' : (REPLY_TYPES as Record<string, ReplyType>)[type];
}

/** Whether a message of type `type` is a reply of type `replyType`. */
export function isReplyOf(type: Message['type'], replyType: ReplyType): boolean {
  return type === replyType || (replyType === 'experimenter' && isExperimenterType(type));
}

function isExperimenterType(type: Message['type']): boolean {
  return !CORE_TYPES.has(type);
}

/** How long a call may wait, and how much it may bring. */
export interface RequestOptions {
  /** Rejects the call with `request-aborted`; a reply that comes later is ignored. */
  signal?: AbortSignal | undefined;
  /**
   * Milliseconds from the session's next time signal, and after each part of a multipart reply anew; the default is the
   * session's `requestTimeout`.
   */
  timeout?: number | undefined;
  /** Bound of a multipart reply in bytes on the wire; the default is the session's. */
  maxReplyBytes?: number | undefined;
  /** Takes a multipart reply part by part; the resolved reply then holds the last part only. */
  onPart?: ((part: MultipartReply) => void) | undefined;
}
