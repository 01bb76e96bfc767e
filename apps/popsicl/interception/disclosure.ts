import { formatIpv4, formatIpv6 } from '../../../controller/address/index.js';
import type { MessageLog } from '../../../controller/host/index.js';
import type { Tenant } from '../handoff/tenants.js';
import type { MESSAGES } from '../messages.js';
import { type AddressWords, bytesOf } from '../segments/address-words.js';
import type { PuntedSegment } from '../segments/punted-segment.js';

/** Writes into the log who visits whom, for an operator who has unsealed that; there is none otherwise. */
export class Disclosure {
  private readonly log: MessageLog<typeof MESSAGES>;
  private readonly decoy: Tenant | undefined;

  constructor(log: MessageLog<typeof MESSAGES>, decoy: Tenant | undefined) {
    this.log = log;
    this.decoy = decoy;
    log.write('popsicl-unsealed');
  }

  /** `name`: in the ClientHello, undefined where none was read. `tenant`: who serves it, if anybody does. */
  visit(segment: PuntedSegment, name: string | undefined, tenant: Tenant | undefined): void {
    const { source0, source1, source2, source3, sourcePort } = segment;
    const { destination0, destination1, destination2, destination3 } = segment;
    this.log.write('popsicl-visit', {
      client: textOf(segment.family, source0, source1, source2, source3),
      port: sourcePort,
      address: textOf(segment.family, destination0, destination1, destination2, destination3),
      ...(name === undefined ? {} : { name }),
      ...(tenant === undefined || tenant === this.decoy ? {} : { tenant: tenant.config.domain }),
    });
  }
}

function textOf(family: 4 | 6, ...words: AddressWords): string {
  return family === 4 ? formatIpv4(words[3]) : formatIpv6(bytesOf(family, words));
}
