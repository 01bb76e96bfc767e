import { expect } from 'chai';
import { specification } from '../../../controller/openflow/spec/index.js';
import { judged } from './ovs-ofctl.js';
import './print-actions.test.js';
import './print-conntrack-learn.test.js';
import './print-errors.test.js';
import './print-extensions.test.js';
import './print-messages.test.js';
import './print-multipart.test.js';

/** What Open vSwitch 3.1 does not read over OpenFlow 1.3, and what only carries what nobody knows. */
const BEYOND: Record<string, readonly string[]> = {
  Message: ['experimenter', 'nx-flow-monitor-cancel', 'nx-flow-monitor-paused', 'nx-flow-monitor-resumed'],
  MultipartRequestBody: ['experimenter', 'nx-flow-monitor'],
  MultipartReplyBody: ['experimenter', 'nx-flow-monitor'],
  Action: ['copy-ttl-out', 'copy-ttl-in', 'push-pbb', 'pop-pbb', 'experimenter'],
  Instruction: ['experimenter'],
  MeterBand: ['experimenter'],
  QueueProperty: ['experimenter'],
};

describe('Open vSwitch has judged', () => {
  for (const [name, beyond] of Object.entries(BEYOND)) {
    it(`every member of ${name}`, () => {
      const tags = specification.unions.find(union => union.name === name)!.variants.map(({ tag }) => tag);
      expect(tags.filter(tag => !judged.has(tag))).to.have.members([...beyond]);
    });
  }
});
