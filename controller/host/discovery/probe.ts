/**
 * Link probes: LLDP frames that say which port of which switch they left, signed so that hosts cannot invent
 * links.
 *
 * The signed part is an organisation-specific TLV (IEEE Std 802.1AB-2016 clause 8.6) of a locally administered
 * identifier: datapath id (u64), port (u32), round (u32), and the first 16 bytes of their HMAC-SHA-256. A probe
 * is good for the round in which it was sent and the next one, so that a recorded one soon proves nothing.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
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

export interface Probe {
  datapathId: bigint;
  port: number;
  round: number;
}

/** What an LLDP frame is: a probe of ours, one with a wrong or outdated signature, or somebody else's LLDP. */
export type ProbeReading = Probe | 'forged' | 'foreign';

/** Makes and reads the probes of one run of the controller; the key never leaves it. */
export class ProbeCodec {
  private readonly key: Uint8Array;

  /** `key` is 32 random bytes; tests give one of their own. */
  constructor(key: Uint8Array = randomBytes(32)) {
    this.key = key;
  }

  /**
   * The frame to send out of `port`. `source` is the port's MAC address, `lifetime` how many seconds other LLDP
   * speakers should remember it.
   */
  build(probe: Probe, source: number | string, lifetime: number): Uint8Array {
    const data = new Uint8Array(SIGNED_LENGTH + SIGNATURE_LENGTH);
    const view = new DataView(data.buffer);
    view.setBigUint64(0, probe.datapathId);
    view.setUint32(8, probe.port);
    view.setUint32(12, probe.round);
    data.set(this.signatureOf(data.subarray(0, SIGNED_LENGTH)), SIGNED_LENGTH);
    return buildFrame([
      { type: 'ethernet', destination: LLDP_NEAREST_BRIDGE_MAC, source, etherType: EtherType.LLDP },
      {
        type: 'lldp',
        tlvs: [
          {
            type: 'chassis-id',
            subtype: LldpChassisSubtype.LOCAL,
            id: probe.datapathId.toString(16).padStart(16, '0'),
          },
          { type: 'port-id', subtype: LldpPortSubtype.LOCAL, id: String(probe.port) },
          { type: 'time-to-live', seconds: Math.min(0xffff, Math.max(1, Math.ceil(lifetime))) },
          { type: 'organisation-specific', oui: PROBE_OUI, subtype: PROBE_SUBTYPE, data },
        ],
      },
    ]);
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
    if (!timingSafeEqual(this.signatureOf(signed), data.subarray(SIGNED_LENGTH))) return 'forged';
    const view = new DataView(data.buffer, data.byteOffset, SIGNED_LENGTH);
    const probe = { datapathId: view.getBigUint64(0), port: view.getUint32(8), round: view.getUint32(12) };
    const age = round - probe.round;
    return age === 0 || age === 1 ? probe : 'forged';
  }

  private signatureOf(bytes: Uint8Array): Uint8Array {
    return createHmac('sha256', this.key).update(bytes).digest().subarray(0, SIGNATURE_LENGTH);
  }
}
