import { expect } from 'chai';
import fc from 'fast-check';
import {
  type DecodedFlowMod,
  decode,
  encodeToBytes,
  type Match,
} from '../../../controller/openflow/index.js';
import { FlowFormer, type FlowParts } from '../../../controller/switch/flow-form.js';

const former = new FlowFormer();
const form = (flow: FlowParts) => former.form(flow);
const identity = (match: Match) => form({ match }).identity;
const instructions = (flow: FlowParts['instructions']) => form({ instructions: flow }).instructions;

const mac = fc.integer({ min: 0, max: 0xffff_ffff_ffff });
const matches: fc.Arbitrary<Match> = fc.record(
  {
    inPort: fc.integer({ min: 1, max: 0xffff }),
    metadata: fc
      .record({ value: fc.bigInt(0n, 2n ** 64n - 1n), mask: fc.bigInt(0n, 2n ** 64n - 1n) })
      .map(masked),
    ethDst: mac,
    ethSrc: mac,
    vlanVid: fc.integer({ min: 0x1000, max: 0x1fff }),
  },
  { requiredKeys: [] },
);

/** The encoder refuses value bits outside the mask. */
function masked({ value, mask }: { value: bigint; mask: bigint }) {
  return { value: value & mask, mask };
}

describe('the comparable form of a flow', () => {
  it('is the same for a flow and for what comes back from the wire', () => {
    fc.assert(
      fc.property(matches, match => {
        const decoded = decode(encodeToBytes({ type: 'flow-mod', match })) as DecodedFlowMod;
        expect(identity(decoded.match)).to.equal(identity(match));
      }),
    );
  });

  it('does not depend on the order of match fields', () => {
    fc.assert(
      fc.property(
        matches.chain(match => {
          const entries = Object.entries(match);
          return fc.tuple(fc.constant(match), fc.shuffledSubarray(entries, { minLength: entries.length }));
        }),
        ([match, entries]) => identity(Object.fromEntries(entries)) === identity(match),
      ),
    );
  });

  it('differs where the match differs', () => {
    fc.assert(
      fc.property(matches, mac, (match, ethDst) => {
        fc.pre(match.ethDst !== ethDst);
        return identity({ ...match, ethDst }) !== identity(match);
      }),
    );
  });

  it('takes a full mask for none, and an empty one for no field', () => {
    expect(identity({ ethDst: { value: '02:00:00:00:00:01', mask: 'ff:ff:ff:ff:ff:ff' } })).to.equal(
      identity({ ethDst: 0x0200_0000_0001 }),
    );
    expect(identity({ vlanVid: { value: 0x1005, mask: 0x1fff } })).to.equal(identity({ vlanVid: 0x1005 }));
    expect(identity({ metadata: { value: 0, mask: 0 } })).to.equal(identity({}));
    expect(identity({ ethType: 0x0800, ipv4Dst: { value: '10.0.0.1', mask: '255.255.255.255' } })).to.equal(
      identity({ ethType: 0x0800, ipv4Dst: '10.0.0.1' }),
    );
  });

  it('takes a wide register for the narrow ones that it consists of, as Open vSwitch does', () => {
    expect(identity({ xreg1: 0x1_0000_0002n })).to.equal(identity({ reg2: 1, reg3: 2 }));
    expect(identity({ xxreg0: '0x00000001000000020000000300000004' })).to.equal(
      identity({ reg0: 1, reg1: 2, reg2: 3, reg3: 4 }),
    );
    expect(identity({ xreg0: { value: 5n, mask: 0xffff_ffffn } })).to.equal(identity({ reg1: 5 }));
    expect(identity({ xreg0: { value: 5n, mask: 0xffn } })).to.equal(
      identity({ reg1: { value: 5, mask: 0xff } }),
    );
  });

  it('tells masks apart', () => {
    expect(identity({ ethDst: { value: '02:00:00:00:00:00', mask: 'ff:ff:ff:ff:00:00' } })).not.to.equal(
      identity({ ethDst: { value: '02:00:00:00:00:00', mask: 'ff:ff:ff:ff:ff:00' } }),
    );
  });

  it('holds table and priority, which with the match say which flow it is', () => {
    expect(form({ tableId: 1 }).identity).not.to.equal(form({ tableId: 2 }).identity);
    expect(form({ priority: 1 }).identity).not.to.equal(form({ priority: 2 }).identity);
    expect(form({ cookie: 1 }).identity).to.equal(form({ cookie: 2 }).identity);
    expect(form({ cookie: 1 }).terms).not.to.equal(form({ cookie: 2 }).terms);
    expect(form({ flags: ['send-flow-rem'] }).terms).not.to.equal(form({}).terms);
  });

  it('ignores the length limit of outputs to anything but the controller', () => {
    const output = (port: number, maxLen: number) =>
      instructions([{ type: 'apply-actions', actions: [{ type: 'output', port, maxLen }] }]);
    expect(output(1, 0)).to.equal(output(1, 0xffff));
    expect(output(0xffff_fffd, 0)).not.to.equal(output(0xffff_fffd, 0xffff));
    expect(output(1, 0)).not.to.equal(output(2, 0));
  });

  it('puts instructions in the order of their execution and leaves empty lists out', () => {
    const goto = { type: 'goto-table', tableId: 3 } as const;
    const apply = { type: 'apply-actions', actions: [{ type: 'output', port: 1 }] } as const;
    expect(instructions([goto, apply])).to.equal(instructions([apply, goto]));
    expect(instructions([{ type: 'apply-actions', actions: [] }, goto])).to.equal(instructions([goto]));
    expect(instructions([{ type: 'apply-actions', actions: [] }])).to.equal(instructions([]));
  });

  it('keeps the order of actions', () => {
    const list = (...ports: number[]) =>
      instructions([{ type: 'apply-actions', actions: ports.map(port => ({ type: 'output', port })) }]);
    expect(list(1, 2)).not.to.equal(list(2, 1));
  });
});
