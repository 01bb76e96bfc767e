import { expect } from 'chai';
import { CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import { rotateKeys } from '../../../apps/popsicl/cookie/key-rotation.js';
import { ManualClock } from '../../simulator/manual-clock.js';

const LIFETIME = 600_000;
const LEAD = 2000;

describe('the rotation of cookie keys', () => {
  let keys: CookieKeys;
  let clock: ManualClock;
  let happened: string[];
  let saving: () => Promise<void>;
  beforeEach(() => {
    keys = new CookieKeys();
    clock = new ManualClock();
    happened = [];
    saving = async () => {};
    rotateKeys({
      ...{ keys, clock, lifetime: LIFETIME, lead: LEAD },
      announce: key => happened.push(`announce ${key.epoch}, in use ${keys.all[0]!.epoch}`),
      save: all => {
        happened.push(`save ${all.map(({ epoch }) => epoch)}`);
        return saving();
      },
      failed: error => happened.push(`failed ${error}`),
    });
  });

  it('tells tenants each key before a cookie is made with it, and keeps the one before', () => {
    clock.advance(LIFETIME);
    expect(happened).to.deep.equal(['announce 1, in use 0']);
    clock.advance(LEAD);
    expect(happened.slice(1)).to.deep.equal(['save 1,0']);
    clock.advance(LIFETIME);
    expect(happened.slice(2)).to.deep.equal(['announce 2, in use 1', 'save 2,1']);
    expect(keys.all.map(({ epoch }) => epoch)).to.deep.equal([2, 1]);
    const [newest, previous] = keys.all;
    expect(Buffer.from(newest!.key).equals(previous!.key)).to.equal(false);
  });

  it('goes on when the keys cannot be written, and says so', async () => {
    saving = () => Promise.reject(new Error('disk'));
    clock.advance(LIFETIME + LEAD);
    clock.advance(LIFETIME);
    await new Promise(resolve => setImmediate(resolve));
    expect(happened).to.include('failed Error: disk');
    expect(keys.all[0]!.epoch).to.equal(2);
  });
});
