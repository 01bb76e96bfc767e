import { expect } from 'chai';
import { AliasService } from '../../../apps/mimiq/aliases/alias-service.js';
import { CryptoRandom } from '../../../apps/mimiq/allocator/random.js';
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
});
