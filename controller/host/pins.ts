import { datapathIdText } from '../switch/index.js';
import type { PeerCertificate } from '../transport/index.js';

/** Which certificates belong to which switches, as the configuration has it. */
export interface PinSettings {
  /** A fingerprint or several by datapath id of 16 hex digits. */
  readonly certificates: Readonly<Record<string, string | readonly string[]>>;
  readonly others: 'refuse' | 'accept';
}

/** Holds switches to their certificates: nobody speaks for a switch without its key. */
export class Pins {
  private readonly bySwitch = new Map<string, Set<string>>();
  private readonly pinned = new Set<string>();
  private readonly acceptsOthers: boolean;

  constructor(settings: PinSettings | undefined) {
    this.acceptsOthers = settings === undefined || settings.others === 'accept';
    for (const [id, given] of Object.entries(settings?.certificates ?? {})) {
      const fingerprints = (typeof given === 'string' ? [given] : given).map(canonical);
      this.bySwitch.set(id.toLowerCase(), new Set(fingerprints));
      for (const fingerprint of fingerprints) this.pinned.add(fingerprint);
    }
  }

  /**
   * Why a switch with that certificate (undefined: without TLS) may not have that datapath id; undefined when
   * it may.
   */
  refusal(datapathId: bigint, certificate: PeerCertificate | undefined): string | undefined {
    const id = datapathIdText(datapathId);
    const shown =
      certificate === undefined
        ? []
        : [certificate.fingerprint, `sha256//${certificate.publicKeyFingerprint}`];
    const wanted = this.bySwitch.get(id);
    if (wanted !== undefined) {
      if (shown.some(fingerprint => wanted.has(fingerprint))) return undefined;
      return certificate === undefined
        ? `A certificate is pinned to ${id}, and the connection has none.`
        : `Another certificate is pinned to ${id}.`;
    }
    if (shown.some(fingerprint => this.pinned.has(fingerprint))) {
      return `The certificate is pinned to another switch than ${id}.`;
    }
    return this.acceptsOthers ? undefined : `No certificate is pinned to ${id}.`;
  }
}

/** Hex in lower case without colons; the base64 form of a public key as it is. */
function canonical(fingerprint: string): string {
  return fingerprint.startsWith('sha256//') ? fingerprint : fingerprint.replaceAll(':', '').toLowerCase();
}
