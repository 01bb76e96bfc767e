import { expect } from 'chai';
import { AliasService } from '../../../apps/mimiq/aliases/alias-service.js';
import { Aliases } from '../../../apps/mimiq/aliases/aliases.js';
import { CryptoRandom } from '../../../apps/mimiq/random.js';
import { ManualClock } from '../../simulator/manual-clock.js';
import { FakeForwarding } from './fake-network.js';

describe('mimiq aliases', () => {
  it('are made for all switches at the end of a period, also when a new switch is the first to notice it', async () => {
    let now = 0;
    const aliases = new AliasService({
      plan: { bits: 16, period: 100, periods: 3, perSwitch: 2, maxSwitches: 4 },
      random: new CryptoRandom(),
      forwarding: new FakeForwarding(),
      clock: new ManualClock(),
      now: () => now,
      commit: async () => undefined,
      isIdle: () => false,
      failed: () => undefined,
    });
    await aliases.prepare('old');
    now = 100;
    await aliases.prepare('new');
    expect([aliases.usable('old').length, aliases.usable('new').length]).to.deep.equal([2, 2]);
    expect(aliases.nextChange).to.equal(200);
  });

  it('of more bits than there are now are forgotten: cut off they might be those of another switch', () => {
    const plan = { bits: 8, period: 100, periods: 3, perSwitch: 2, maxSwitches: 4 };
    const aliases = new Aliases(plan, new CryptoRandom());
    const state = { sid: 1, switchId: 'one', createdAt: 0, usableUntil: 100, validUntil: 300 };
    aliases.load(
      [
        { ...state, alias: 0x1234 },
        { ...state, alias: 0x12 },
      ],
      [['one', 1]],
    );
    expect(aliases.valid(50).map(({ alias }) => alias)).to.deep.equal([0x12]);
  });
});
