import { expect } from 'chai';
import {
  type Action,
  encodeToBytes,
  type Instruction,
  type Match,
  OpenflowError,
  prepareActions,
  prepareInstructions,
  toJson,
} from '../../../controller/openflow/index.js';

const OUTPUT: Action = { type: 'output', port: 0xffff_fffd, maxLen: 128 };
const LIST: readonly Action[] = [
  { type: 'push-vlan', etherType: 0x8100 },
  { type: 'set-field', field: { vlanVid: 0x1005 } },
  { type: 'nx-note', note: 'c0ffee' } as Action,
  { type: 'nx-resubmit-table', inPort: 3, table: 9 } as Action,
  OUTPUT,
];

describe('a prepared list', () => {
  it('makes the same bytes as the list it came from, in every message', () => {
    const instructions: Instruction[] = [
      { type: 'write-metadata', metadata: 0xffff_ffff_0000_0001n, mask: 0xffff_ffff_ffff_ffffn },
      { type: 'apply-actions', actions: LIST },
      { type: 'goto-table', tableId: 4 },
    ];
    const packetOut = (actions: readonly Action[]) =>
      encodeToBytes({ type: 'packet-out', actions, data: 'aabb' });
    const flowMod = (list: readonly Instruction[]) =>
      encodeToBytes({ type: 'flow-mod', match: { inPort: 1 }, instructions: list });
    expect(packetOut(prepareActions(LIST))).to.deep.equal(packetOut(LIST));
    expect(flowMod(prepareInstructions(instructions))).to.deep.equal(flowMod(instructions));
    expect(flowMod([{ type: 'apply-actions', actions: prepareActions(LIST) }])).to.deep.equal(
      flowMod([{ type: 'apply-actions', actions: LIST }]),
    );
    expect(packetOut(prepareActions([]))).to.deep.equal(packetOut([]));
  });

  it('reads and prints as a plain list', () => {
    const prepared = prepareActions(LIST);
    expect(prepared).to.deep.equal(LIST);
    expect(JSON.stringify(toJson(prepared))).to.equal(JSON.stringify(toJson(LIST)));
  });

  it('cannot come to differ from its bytes', () => {
    const own: Action[] = [{ type: 'output', port: 1 }];
    const prepared = prepareActions(own);
    (own[0] as { port: number }).port = 2;
    expect(prepared).to.deep.equal([{ type: 'output', port: 1 }]);
    expect(() => {
      (prepared[0] as { port: number }).port = 3;
    }).to.throw(TypeError);
    expect(() => (prepared as Action[]).push(OUTPUT)).to.throw(TypeError);
  });

  it('still needs what its fields need of the match beside it', () => {
    const setPort = prepareInstructions([
      { type: 'apply-actions', actions: [{ type: 'set-field', field: { tcpDst: 443 } }] },
    ]);
    const flow = (match: Match) =>
      encodeToBytes({ type: 'flow-mod', match, instructions: setPort }).byteLength;
    expect(flow({ ethType: 0x0800, ipProto: 6 })).to.be.greaterThan(0);
    expect(() => flow({ ethType: 0x0800, ipProto: 17 }))
      .to.throw(OpenflowError)
      .with.property('code', 'bad-prerequisite');
  });

  it('is refused where the list would be', () => {
    expect(() => prepareActions([{ type: 'output', port: -1 }]))
      .to.throw(OpenflowError)
      .with.property('field', 'actions[0].port');
    expect(() => prepareActions('output' as never)).to.throw(OpenflowError);
  });
});
