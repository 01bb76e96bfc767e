import { decode, encodeToBytes, type Message } from '../../../controller/openflow/index.js';

/** Answers what a switch receives; undefined leaves the message to the next rule, an empty list is silence. */
export type Rule = (message: Message, xid: number) => readonly Message[] | undefined;

const VERSION_BITMAP = { type: 'version-bitmap', bitmaps: [1 << 4] } as const;
export const HELLO = { type: 'hello', elements: [VERSION_BITMAP] } as const satisfies Message;

/** The whole messages in `bytes`, decoded. */
export function decodeAll(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    messages.push(decode(bytes, offset));
    offset += (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
  }
  return messages;
}

/** `messages` one after the other, each under its own xid. */
export function encodeAll(messages: readonly Message[]): Uint8Array {
  return Buffer.concat(messages.map(message => encodeToBytes(message, message.xid ?? 0)));
}

export function featuresReply(datapathId = 1n, auxiliaryId = 0): Message {
  return { type: 'features-reply', datapathId, nBuffers: 0, nTables: 254, auxiliaryId, capabilities: [] };
}

export function packetIn(data: Uint8Array, inPort = 1): Message {
  return {
    type: 'packet-in',
    bufferId: 0xffffffff,
    totalLen: data.length,
    reason: 'no-match',
    tableId: 0,
    cookie: 0n,
    match: { inPort },
    data,
  };
}

/** A switch without I/O: bytes in, answers out. It greets, identifies itself, and answers echoes and barriers. */
export class FakeSwitch {
  readonly received: Message[] = [];
  readonly rules: Rule[] = [];
  readonly datapathId: bigint;
  #rest: Uint8Array = new Uint8Array();

  constructor(datapathId = 1n) {
    this.datapathId = datapathId;
  }

  /** What it says first. */
  greeting(): Uint8Array {
    return encodeAll([HELLO]);
  }

  /** Takes bytes from the controller and returns the answers. */
  receive(bytes: Uint8Array): Uint8Array {
    let rest = Buffer.concat([this.#rest, bytes]);
    const answers: Message[] = [];
    while (rest.length >= 8 && rest.length >= rest.readUInt16BE(2)) {
      const message = decode(rest, 0);
      rest = rest.subarray(rest.readUInt16BE(2));
      this.received.push(message);
      answers.push(...this.#answer(message).map(answer => ({ xid: message.xid ?? 0, ...answer })));
    }
    this.#rest = rest;
    return encodeAll(answers);
  }

  #answer(message: Message): readonly Message[] {
    for (const rule of this.rules) {
      const answers = rule(message, message.xid ?? 0);
      if (answers !== undefined) return answers;
    }
    switch (message.type) {
      case 'features-request':
        return [featuresReply(this.datapathId)];
      case 'echo-request':
        return [{ type: 'echo-reply', data: message.data }];
      case 'barrier-request':
        return [{ type: 'barrier-reply' }];
      default:
        return [];
    }
  }
}
