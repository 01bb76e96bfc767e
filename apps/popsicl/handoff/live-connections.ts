import type { ConnectionEnds } from '../segments/connection-ends.js';
import { ConnectionHash, portsOf } from '../segments/connection-hash.js';

/**
 * Words of a slot: client address, pseudo-address, both ports, tenant and family, second of the handoff, tenant's side, start,
 * answered, number of the rules, and the hashes by which both indexes find it: computed once, since growing needs them all.
 */
const WORDS = 17;
const PORTS = 8;
const OWNER = 9;
const TIME = 10;
/** The client's port as the tenant sees it, and the switch that the client's packets come to. */
const SIDE = 11;
const START = 12;
const ANSWERED = 13;
const RULES = 14;
const FORWARD = 15;
const BACKWARD = 16;
const FIRST_CAPACITY = 1024;
const EMPTY = -1;

/** What the table remembers of one connection. One instance serves every lookup. */
export interface LiveConnection {
  slot: number;
  tenant: number;
  family: 4 | 6;
  /** Four words of the pseudo-address. */
  pseudo: [number, number, number, number];
  pseudoPort: number;
  clientPort: number;
  /** The client's port as the tenant sees it. */
  translatedPort: number;
  /** Number of the switch of the handoff, 16 bits. */
  switchNumber: number;
  /** Second of the handoff. */
  second: number;
  /** What tells the connection from an earlier one of the same ends: its cookie, or the sequence number of its SYN. */
  start: number;
  /** What a client acknowledges that was sent a SYN-ACK for a later SYN of the same ends; 0 for none. */
  answered: number;
  /** Number of the connection's rules in switches; 0 where it has none. */
  rules: number;
}

/**
 * Connections that were handed over, so that a packet of one that a switch no longer knows can be sent on its way again.
 * Oldest first out: switches forget ended connections without a word, so a bound and an age take the place of an end.
 * About 90 bytes each, and no garbage.
 */
export class LiveConnections {
  private capacity = FIRST_CAPACITY;
  private words = new Uint32Array(FIRST_CAPACITY * WORDS);
  private forward = new Int32Array(2 * FIRST_CAPACITY).fill(EMPTY);
  private backward = new Int32Array(2 * FIRST_CAPACITY).fill(EMPTY);
  /** Slots from `tail` to `head`, round, are in use or freed. */
  private head = 0;
  private tail = 0;
  private used = 0;
  private live = 0;
  private readonly limit: number;
  private readonly hash = new ConnectionHash();
  private readonly found: LiveConnection = {
    slot: 0,
    tenant: 0,
    family: 4,
    pseudo: [0, 0, 0, 0],
    pseudoPort: 0,
    clientPort: 0,
    translatedPort: 0,
    switchNumber: 0,
    second: 0,
    start: 0,
    answered: 0,
    rules: 0,
  };

  /** `limit`: most connections remembered, a power of two of at least 1,024. */
  constructor(limit: number) {
    this.limit = Math.max(limit, FIRST_CAPACITY);
  }

  get size(): number {
    return this.live;
  }

  /**
   * Remembers the connection of a segment on its way from the client to a pseudo-address. `tenant` and `switchNumber` have
   * 16 bits. Returns it, valid until the next lookup.
   */
  add(
    segment: ConnectionEnds,
    tenant: number,
    second: number,
    switchNumber: number,
    translatedPort = segment.sourcePort,
    start = 0,
  ): LiveConnection {
    const hash = this.hash.ofEnds(segment);
    const known = this.findForward(segment, hash);
    if (known >= 0) this.drop(known);
    if (this.used === this.capacity) {
      if (this.live < this.used * 0.75) this.resize(this.capacity);
      else if (this.capacity < this.limit) this.resize(this.capacity * 2);
      else this.forgetOldest();
    }
    const slot = this.head;
    this.head = (slot + 1) % this.capacity;
    this.used++;
    this.live++;
    const { words } = this;
    const at = slot * WORDS;
    words[at] = segment.source0;
    words[at + 1] = segment.source1;
    words[at + 2] = segment.source2;
    words[at + 3] = segment.source3;
    words[at + 4] = segment.destination0;
    words[at + 5] = segment.destination1;
    words[at + 6] = segment.destination2;
    words[at + 7] = segment.destination3;
    words[at + PORTS] = portsOf(segment);
    words[at + OWNER] = (tenant << 8) | segment.family;
    words[at + TIME] = second;
    words[at + SIDE] = (translatedPort << 16) | switchNumber;
    words[at + START] = start;
    words[at + ANSWERED] = 0;
    words[at + RULES] = 0;
    words[at + FORWARD] = hash;
    words[at + BACKWARD] = this.hash.ofEnd(
      segment.source0,
      segment.source1,
      segment.source2,
      segment.source3,
      translatedPort,
      words[at + OWNER]!,
    );
    this.index(slot);
    return this.describe(slot);
  }

  /** The connection that a segment to a pseudo-address belongs to. Valid until the next lookup. */
  ofClient(segment: ConnectionEnds): LiveConnection | undefined {
    const slot = this.findForward(segment, this.hash.ofEnds(segment));
    return slot < 0 ? undefined : this.describe(slot);
  }

  /** The connection that a segment of a tenant belongs to, by the client's address and port and the tenant. */
  ofTenant(segment: ConnectionEnds, tenant: number): LiveConnection | undefined {
    const { destination0, destination1, destination2, destination3, destinationPort, family } = segment;
    return this.findBackward(
      destination0,
      destination1,
      destination2,
      destination3,
      destinationPort,
      (tenant << 8) | family,
    );
  }

  /** The connection of the client of a segment that the tenant sees under that client port. */
  ofPort(segment: ConnectionEnds, tenant: number, port: number): LiveConnection | undefined {
    const { source0, source1, source2, source3, family } = segment;
    return this.findBackward(source0, source1, source2, source3, port, (tenant << 8) | family);
  }

  private findBackward(
    word0: number,
    word1: number,
    word2: number,
    word3: number,
    port: number,
    owner: number,
  ): LiveConnection | undefined {
    const start = this.hash.ofEnd(word0, word1, word2, word3, port, owner);
    const { backward, words } = this;
    const mask = backward.length - 1;
    for (let index = start & mask; backward[index] !== EMPTY; index = (index + 1) & mask) {
      const at = backward[index]! * WORDS;
      if (
        words[at + OWNER] === owner &&
        words[at + SIDE]! >>> 16 === port &&
        words[at + 3] === word3 &&
        words[at + 2] === word2 &&
        words[at + 1] === word1 &&
        words[at] === word0
      ) {
        return this.describe(backward[index]!);
      }
    }
    return undefined;
  }

  /** Notes that a later SYN of the same ends was answered, which may have been forged. */
  answer({ slot }: LiveConnection, acknowledgement: number): void {
    this.words[slot * WORDS + ANSWERED] = acknowledgement;
  }

  /** Notes the number of the connection's rules. */
  setRules(connection: LiveConnection, rules: number): void {
    this.words[connection.slot * WORDS + RULES] = rules;
    connection.rules = rules;
  }

  forget(connection: LiveConnection): void {
    this.drop(connection.slot);
  }

  /** Forgets what was handed over before that second. */
  expire(second: number): void {
    while (this.used > 0) {
      const at = this.tail * WORDS;
      if (this.words[at + OWNER] !== 0 && this.words[at + TIME]! >= second) return;
      this.forgetOldest();
    }
  }

  private describe(slot: number): LiveConnection {
    const { words, found } = this;
    const at = slot * WORDS;
    found.slot = slot;
    found.tenant = words[at + OWNER]! >>> 8;
    found.family = (words[at + OWNER]! & 0xff) as 4 | 6;
    for (let index = 0; index < 4; index++) found.pseudo[index] = words[at + 4 + index]!;
    found.pseudoPort = words[at + PORTS]! & 0xffff;
    found.clientPort = words[at + PORTS]! >>> 16;
    found.translatedPort = words[at + SIDE]! >>> 16;
    found.switchNumber = words[at + SIDE]! & 0xffff;
    found.second = words[at + TIME]!;
    found.start = words[at + START]!;
    found.answered = words[at + ANSWERED]!;
    found.rules = words[at + RULES]!;
    return found;
  }

  private findForward(segment: ConnectionEnds, hash: number): number {
    const { forward, words } = this;
    const ports = portsOf(segment);
    const mask = forward.length - 1;
    for (let index = hash & mask; forward[index] !== EMPTY; index = (index + 1) & mask) {
      const at = forward[index]! * WORDS;
      if (
        words[at + PORTS] === ports &&
        words[at + 3] === segment.source3 &&
        words[at + 7] === segment.destination3 &&
        (words[at + OWNER]! & 0xff) === segment.family &&
        words[at] === segment.source0 &&
        words[at + 1] === segment.source1 &&
        words[at + 2] === segment.source2 &&
        words[at + 4] === segment.destination0 &&
        words[at + 5] === segment.destination1 &&
        words[at + 6] === segment.destination2
      ) {
        return forward[index]!;
      }
    }
    return -1;
  }

  /** Makes a slot found by both its hashes. */
  private index(slot: number): void {
    const at = slot * WORDS;
    this.insert(this.forward, this.words[at + FORWARD]!, slot);
    this.insert(this.backward, this.words[at + BACKWARD]!, slot);
  }

  private insert(index: Int32Array, hash: number, slot: number): void {
    const mask = index.length - 1;
    let place = hash & mask;
    while (index[place] !== EMPTY) place = (place + 1) & mask;
    index[place] = slot;
  }

  /** Frees the oldest slot, whether it is in use or not. */
  private forgetOldest(): void {
    this.drop(this.tail);
    this.tail = (this.tail + 1) % this.capacity;
    this.used--;
  }

  private drop(slot: number): void {
    const at = slot * WORDS;
    if (this.words[at + OWNER] === 0) return;
    this.remove(this.forward, FORWARD, slot);
    this.remove(this.backward, BACKWARD, slot);
    this.words[at + OWNER] = 0;
    this.live--;
  }

  /** Linear probing without tombstones: what stood behind moves up. `word` holds the hash of the index. */
  private remove(index: Int32Array, word: number, slot: number): void {
    const { words } = this;
    const mask = index.length - 1;
    let hole = words[slot * WORDS + word]! & mask;
    while (index[hole] !== slot) hole = (hole + 1) & mask;
    for (let next = (hole + 1) & mask; index[next] !== EMPTY; next = (next + 1) & mask) {
      const home = words[index[next]! * WORDS + word]! & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        index[hole] = index[next]!;
        hole = next;
      }
    }
    index[hole] = EMPTY;
  }

  private resize(capacity: number): void {
    const old = this.words;
    const from = this.tail;
    const count = this.used;
    const before = this.capacity;
    this.capacity = capacity;
    const words = new Uint32Array(capacity * WORDS);
    this.words = words;
    this.forward = new Int32Array(2 * capacity).fill(EMPTY);
    this.backward = new Int32Array(2 * capacity).fill(EMPTY);
    this.tail = this.head = this.used = this.live = 0;
    for (let index = 0; index < count; index++) {
      const at = ((from + index) % before) * WORDS;
      if (old[at + OWNER] === 0) continue;
      const slot = this.head++;
      const to = slot * WORDS;
      for (let word = 0; word < WORDS; word++) words[to + word] = old[at + word]!;
      this.index(slot);
    }
    this.used = this.live = this.head;
    this.head %= capacity;
  }
}
