import { decodeDhcp4 } from '../../../apps/mimiq/dhcp/dhcp4-codec.js';
import { decodeDhcp6 } from '../../../apps/mimiq/dhcp/dhcp6-codec.js';
import type { Attachment } from '../../../apps/mimiq/model.js';
import { FrontEnds } from '../../../apps/mimiq/protocol/front-ends.js';
import { FakeNetwork, SWITCH } from '../../unit/mimiq/fake-network.js';
import { type FuzzTarget, promise } from '../target.js';

const MAC = 0x0200_0000_000a;
const HERE: Attachment = { switchId: SWITCH, port: 1, mac: MAC };
const OPTIONS4_AT = 240;
const END = 255;
const LONGEST_ANSWER4 = 1024;

/** DHCP in both families: bad messages get silence, answers are whole and for this client, and no client gets much. */
export const dhcpTarget: FuzzTarget = {
  name: 'dhcp',
  async run(input) {
    const network = await FakeNetwork.start();
    const frontEnds = new FrontEnds(network.allocator, network.config, 1400);
    const four = await frontEnds.dhcp4(input, HERE);
    if (four !== undefined) {
      const request = decodeDhcp4(input);
      promise(request !== undefined && request.mac === MAC, 'a message that is none was answered');
      promise(four.payload.length <= LONGEST_ANSWER4, 'the answer is too long');
      promise(isWhole4(four.payload), 'the options of the answer are not whole');
      promise(
        Buffer.compare(four.payload.subarray(4, 8), input.subarray(4, 8)) === 0,
        'the answer is for another transaction',
      );
    }
    const six = await frontEnds.dhcp6(input, HERE);
    if (six !== undefined) {
      promise(decodeDhcp6(input) !== undefined, 'a message that is none was answered');
      promise(decodeDhcp6(six) !== undefined, 'the options of the answer are not whole');
      promise(
        Buffer.compare(six.subarray(1, 4), input.subarray(1, 4)) === 0,
        'the answer is for another transaction',
      );
    }
    const leases = [...network.allocator.leases()];
    promise(leases.filter(({ address }) => address.length === 4).length <= 1, 'more than one IPv4 address');
    promise(leases.length <= 9, 'more addresses than associations');
    await network.allocator.stop();
    return `${four?.payload[OPTIONS4_AT + 2]} ${six?.[0]} ${six?.length} ${leases.length}`;
  },
};

function isWhole4(payload: Uint8Array): boolean {
  let at = OPTIONS4_AT;
  while (at < payload.length && payload[at] !== END) at += 2 + (payload[at + 1] ?? END);
  return payload[at] === END;
}
