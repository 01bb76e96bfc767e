/**
 * Link probes: LLDP frames that say which port of which switch they left, signed so that hosts cannot invent
 * links.
 *
 * The signed part is an organisation-specific TLV (IEEE Std 802.1AB-2016 clause 8.6) of a locally administered
 * identifier: datapath id (u64), port (u32), round (u32), and the first 16 bytes of their HMAC-SHA-256. A probe
 * is good for the round in which it was sent and the next one, so that a recorded one soon proves nothing.
 */
import { createHmac, type Hmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { macToNumber } from '../../address/index.js';
import {
  buildFrame,
  EthernetView,
  EtherType,
  LLDP_NEAREST_BRIDGE_MAC,
  LldpChassisSubtype,
  LldpPortSubtype,
  LldpView,
  PacketError,
} from '../../packet/index.js';

const PROBE_OUI = 0xc2c10a;
const PROBE_SUBTYPE = 1;
const SIGNED_LENGTH = 16;
const SIGNATURE_LENGTH = 16;
/** Offsets in a probe: addresses, then one TLV after the other (IEEE Std 802.1AB-2016 clause 8.5). */
const SOURCE_AT = 6;
const CHASSIS_ID_AT = 17;
const CHASSIS_ID_LENGTH = 16;
const HEX_DIGITS = '0123456789abcdef';
const PORT_ID_AT = 36;
/** From the end of the port id to the signed part: the time to live, and the head of the organisation-specific TLV. */
const SIGNED_AFTER = 10;

export interface Probe {
  datapathId: bigint;
  port: number;
  round: number;
}

/** A frame to be filled in, and its signed part. */
interface BlankProbe {
  frame: Uint8Array;
  view: DataView;
  signed: Uint8Array;
}

/** What an LLDP frame is: a probe of ours, one with a wrong or outdated signature, or somebody else's LLDP. */
export type ProbeReading = Probe | 'forged' | 'foreign';

/** Makes and reads the probes of one run of the controller; the key never leaves it. */
export class ProbeCodec {
  private readonly key: Uint8Array;
  /** Frames that differ in nothing but addresses, ids and signed part, by lifetime and length of the port id. */
  private readonly blanks = new Map<number, BlankProbe>();

  /** `key` is 32 random bytes; tests give one of their own. */
  constructor(key: Uint8Array = randomBytes(32)) {
    this.key = key;
  }

  /**
   * The frame to send out of `port`; valid until the next call. `source` is the port's MAC address, `lifetime` how many seconds other LLDP
   * speakers should remember it.
   */
  build(probe: Probe, source: number | string, lifetime: number): Uint8Array {
    const port = String(probe.port);
    const { frame, view, signed } = this.blank(port.length, lifetime);
    const mac = macToNumber(source);
    view.setUint16(SOURCE_AT, mac / 0x1_0000_0000);
    view.setUint32(SOURCE_AT + 2, mac >>> 0);
    for (let index = 0; index < port.length; index++) frame[PORT_ID_AT + index] = port.charCodeAt(index);
    const signedAt = signed.byteOffset;
    view.setBigUint64(signedAt, probe.datapathId);
    view.setUint32(signedAt + 8, probe.port);
    view.setUint32(signedAt + 12, probe.round);
    for (let index = 0; index < CHASSIS_ID_LENGTH; index++) {
      const octet = frame[signedAt + (index >> 1)]!;
      frame[CHASSIS_ID_AT + index] = HEX_DIGITS.charCodeAt((index & 1) === 0 ? octet >> 4 : octet & 15);
    }
    const signature = this.hmacOf(signed).digest('binary');
    for (let index = 0; index < SIGNATURE_LENGTH; index++) {
      frame[signedAt + SIGNED_LENGTH + index] = signature.charCodeAt(index);
    }
    return frame;
  }

  /** Reads the LLDP frame `bytes[start, end)`; `round` is the current one. Never throws. */
  read(bytes: Uint8Array, start: number, end: number, round: number): ProbeReading {
    let data: Uint8Array | undefined;
    try {
      const ethernet = new EthernetView(bytes, start, end);
      if (ethernet.etherType !== EtherType.LLDP) return 'foreign';
      const lldp = new LldpView(bytes, ethernet.payloadOffset, ethernet.payloadEnd);
      data = lldp.organisationSpecific(PROBE_OUI, PROBE_SUBTYPE);
    } catch (error) {
      if (error instanceof PacketError) return 'foreign';
      throw error;
    }
    if (data === undefined) return 'foreign';
    if (data.length !== SIGNED_LENGTH + SIGNATURE_LENGTH) return 'forged';
    const signed = data.subarray(0, SIGNED_LENGTH);
    if (
      !timingSafeEqual(
        this.hmacOf(signed).digest().subarray(0, SIGNATURE_LENGTH),
        data.subarray(SIGNED_LENGTH),
      )
    )
      return 'forged';
    const view = new DataView(data.buffer, data.byteOffset, SIGNED_LENGTH);
    const probe = { datapathId: view.getBigUint64(0), port: view.getUint32(8), round: view.getUint32(12) };
    const age = round - probe.round;
    return age === 0 || age === 1 ? probe : 'forged';
  }

  /** A controller of many switches builds thousands of probes: all but what differs is made once. */
  private blank(portIdLength: number, lifetime: number): BlankProbe {
    const seconds = Math.min(0xffff, Math.max(1, Math.ceil(lifetime)));
    const key = seconds * 0x10 + portIdLength;
    let blank = this.blanks.get(key);
    if (blank === undefined) {
      blank = blankProbe(portIdLength, seconds);
      this.blanks.set(key, blank);
    }
    return blank;
  }

  /** Its digest has 32 bytes, of which a probe has the first 16. */
  private hmacOf(bytes: Uint8Array): Hmac {
    return createHmac('sha256', this.key).update(bytes);
  }
}

function blankProbe(portIdLength: number, seconds: number): BlankProbe {
  const frame = buildFrame([
    { type: 'ethernet', destination: LLDP_NEAREST_BRIDGE_MAC, source: 0, etherType: EtherType.LLDP },
    {
      type: 'lldp',
      tlvs: [
        { type: 'chassis-id', subtype: LldpChassisSubtype.LOCAL, id: '0'.repeat(CHASSIS_ID_LENGTH) },
        { type: 'port-id', subtype: LldpPortSubtype.LOCAL, id: '0'.repeat(portIdLength) },
        { type: 'time-to-live', seconds },
        {
          type: 'organisation-specific',
          oui: PROBE_OUI,
          subtype: PROBE_SUBTYPE,
          data: new Uint8Array(SIGNED_LENGTH + SIGNATURE_LENGTH),
        },
      ],
    },
  ]);
  const signedAt = PORT_ID_AT + portIdLength + SIGNED_AFTER;
  return {
    frame,
    view: new DataView(frame.buffer),
    signed: frame.subarray(signedAt, signedAt + SIGNED_LENGTH),
  };
}
