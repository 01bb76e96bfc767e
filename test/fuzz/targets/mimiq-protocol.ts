import { decodeAnswer, decodeRequest, MAX_DATAGRAM } from '../../../apps/mimiq/protocol/codec.js';
import { FrontEnds } from '../../../apps/mimiq/protocol/front-ends.js';
import { client, FakeNetwork } from '../../unit/mimiq/fake-network.js';
import { type FuzzTarget, promise } from '../target.js';

/** MIMIQ's own protocol: whatever comes is answered, within one packet, under its own id, and no client gets more than its limit. */
export const mimiqProtocolTarget: FuzzTarget = {
  name: 'mimiq-protocol',
  async run(input) {
    const network = await FakeNetwork.start();
    const frontEnds = new FrontEnds(network.allocator, network.config);
    const bytes = await frontEnds.udp(input, client(1));
    promise(bytes !== undefined && bytes.length <= MAX_DATAGRAM, 'no answer, or one that is too long');
    const answer = decodeAnswer(bytes);
    promise(answer !== undefined, 'the answer is none');
    const { granted, refused, requestId } = answer;
    promise((granted === undefined) !== (refused === undefined), 'the answer says both or neither');
    const request = decodeRequest(input);
    const length = request?.requestId.length ?? 0;
    if (length >= 8 && length <= 16) {
      promise(Buffer.compare(requestId, request!.requestId) === 0, 'the answer is for another request');
    } else promise(refused?.code === 'bad-request', 'a request without an id was served');
    const held = [...network.allocator.leasesOf(client(1))].length;
    promise(held <= network.config.limits.perRequest, 'more addresses than one request may have');
    promise(granted === undefined || granted.held === held, 'the answer counts wrongly');
    await network.allocator.stop();
    return `${refused?.code} ${refused?.message} ${granted?.grants.length}`;
  },
};
