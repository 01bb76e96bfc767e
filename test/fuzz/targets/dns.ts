import { readQuery } from '../../../apps/popsicl/dns/query.js';
import { writeAnswer, writeRefusal } from '../../../apps/popsicl/dns/response.js';
import { exampleZone } from '../../unit/popsicl/example-zone.js';
import { type FuzzTarget, promise } from '../target.js';

const ZONES = [exampleZone('alike'), exampleZone('none')];
const HEADER_LENGTH = 12;
const MOST_OVER_TCP = 0xffff;

/** DNS messages: none breaks the server, none draws more than three times its bytes over UDP, none is mistaken for another. */
export const dnsTarget: FuzzTarget = {
  name: 'dns',
  run(input) {
    const bytes = Buffer.from(input);
    const query = readQuery(bytes);
    if ('reason' in query) {
      const refusal = writeRefusal(query);
      promise((refusal?.length ?? 0) <= Math.max(HEADER_LENGTH, bytes.length), 'a refusal is long');
      return `${query.reason} ${refusal === undefined ? 'unanswered' : refusal.readUInt16BE(2) & 0xf}`;
    }
    let kind = `${query.type} ${query.class} ${query.edns?.version}`;
    for (const zone of ZONES) {
      for (const udp of [true, false]) {
        const limit = udp ? bytes.length : MOST_OVER_TCP;
        const answer = writeAnswer(query, zone.answer(query), zone.labelCount, limit);
        if (udp) promise(answer.length <= 3 * bytes.length, 'an answer over UDP is long');
        promise(answer.readUInt16BE(0) === query.id, 'an answer has another id');
        promise((answer.readUInt16BE(2) & 0x8000) !== 0, 'an answer is a question');
        const { question } = query;
        const echoed = answer.subarray(HEADER_LENGTH, HEADER_LENGTH + question.length);
        promise(answer.readUInt16BE(4) === 0 || echoed.equals(question), 'an answer has another question');
        kind += ` ${answer.readUInt16BE(2) & 0xf} ${answer.readUInt16BE(6)}`;
      }
    }
    return kind;
  },
};
