import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { contextSwitchesOf } from '../../../mininet/report/process-usage.js';

describe('what a process uses', () => {
  it('counts that a process waited as a voluntary context switch', async () => {
    const before = contextSwitchesOf(process.pid);
    await setTimeout(2);
    const after = contextSwitchesOf(process.pid);
    expect(after.voluntary).to.be.greaterThan(before.voluntary);
    expect(after.involuntary).to.be.at.least(before.involuntary);
  });
});
