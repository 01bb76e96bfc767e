import { expect } from 'chai';
import { Cloud, PAGE } from './cloud.js';

describe('a pseudo-address that names its tenant', () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await Cloud.start();
  });
  after(() => cloud?.stop());

  it('opens the page of an unmodified nginx, by one packet-in', async () => {
    const { stdout, stderr } = await cloud.fetch(6);
    expect(stderr).to.equal('');
    expect(stdout).to.equal(PAGE);
    const metrics = await cloud.controller.metricsText();
    expect(metrics).to.match(/^cloakflow_popsicl_handoffs_total\{.*\} 1$/m);
  });
});
