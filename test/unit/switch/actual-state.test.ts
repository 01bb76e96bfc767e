import { expect } from 'chai';
import { readActualState } from '../../../controller/switch/actual-state.js';
import { SwitchWants } from '../../../controller/switch/switch-wants.js';
import type { RequestChannel } from '../../../controller/switch/types.js';

describe('what a switch has', () => {
  it('is asked for with flows last, so that no other answer has to wait behind a million of them', async () => {
    const waiting = new Map<string, () => void>();
    const channel = {
      request: ({ body: { type } }: { body: { type: string } }) =>
        new Promise(resolve =>
          waiting.set(type, () => resolve({ body: { groups: [], meters: [], flows: [] } })),
        ),
    } as unknown as RequestChannel;
    const read = readActualState(channel, new SwitchWants(() => {}), { foreign: false });
    const answer = async (type: string) => {
      waiting.get(type)!();
      waiting.delete(type);
      await new Promise(setImmediate);
    };
    expect([...waiting.keys()]).to.have.members(['group-desc', 'meter-config']);
    await answer('meter-config');
    expect([...waiting.keys()]).to.deep.equal(['group-desc']);
    await answer('group-desc');
    expect([...waiting.keys()]).to.deep.equal(['flow']);
    await answer('flow');
    expect((await read).flows.size).to.equal(0);
  });
});
