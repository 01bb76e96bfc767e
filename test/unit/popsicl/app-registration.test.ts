import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RegistrationAnswer } from '../../../apps/popsicl/portal/portal-requests.js';
import { Simulation } from '../../simulator/simulation.js';

const APP = `
  domain: popsicls.test,
  blocks: {ipv4: [198.51.100.0/24], ipv6: ['2001:db8:1::/64']},
  tenants: [{domain: tenant-a.example, ipv4: 10.0.0.11, ipv6: 'fd00::11', mac: '02:00:00:00:00:11'}]`;

describe('popsicl with registration', () => {
  let folder: string;
  let simulation: Simulation | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-app-'));
  });
  afterEach(async () => {
    await simulation?.controller.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (registration: string) => {
    simulation = await Simulation.start({ config: `apps: [{popsicl: {${APP}${registration}}}, normal]` });
    return simulation.controller;
  };

  it('registers for the operator, and has the pseudonyms again after it was stopped and started', async () => {
    const controller = await start(`, registration: {folder: ${folder}}`);
    const answer = (await controller.callApp('popsicl', 'register', {
      domain: 'tenant-a.example',
    })) as unknown as RegistrationAnswer;
    expect(answer.name).to.match(/^[a-z2-7]{26}\.popsicls\.test$/);
    await controller.stopApp('popsicl');
    await controller.startApp('popsicl');
    expect(await controller.callApp('popsicl', 'list', null)).to.have.length(1);
    expect(await controller.metricsText()).to.contain('cloakflow_popsicl_pseudonyms{app="popsicl"} 1');
    const declined = await controller
      .callApp('popsicl', 'register', { domain: 'nobody.example' })
      .catch((error: { code: string }) => error.code);
    expect(declined).to.equal('declined');
  });

  it('is the configuration’s choice: without it nobody registers', async () => {
    const controller = await start('');
    const failure = await controller
      .callApp('popsicl', 'list', null)
      .catch((error: { code: string }) => error.code);
    expect(failure).to.equal('no-registration');
  });

  it('does not let the app start when something of it is wrong', async () => {
    const failure = await start(
      `, registration: {folder: ${folder}, authority: {certificate: /nowhere/ca.pem, key: /nowhere/key.pem}}`,
    ).catch((error: { code: string }) => error.code);
    expect(failure).to.equal('ENOENT');
    const sealed = await start(
      `, registration: {folder: ${folder}, addresses: {ipv4: {mode: sealed}}}`,
    ).catch((error: { code: string }) => error.code);
    expect(sealed).to.be.a('string');
  });
});
