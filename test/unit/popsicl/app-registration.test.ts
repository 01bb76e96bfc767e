import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RegistrationAnswer } from '../../../apps/popsicl/portal/portal-requests.js';
import { Agent } from '../../../apps/popsicl/tenant/agent/agent.js';
import { enrolAgent } from '../../../apps/popsicl/tenant/agent/enrol-agent.js';
import { CapabilityFiles } from '../../../apps/popsicl/tenant/capabilities/capability-files.js';
import { CapabilityFolder } from '../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { until } from '../../../mininet/driver/until.js';
import { freePort } from '../../simulator/free-port.js';
import { Simulation } from '../../simulator/simulation.js';
import { linkAgent } from './tenant/linked-agent.js';
import { Shelf } from './tenant/shelf.js';

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
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
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

  it('invites agents, and gives them capabilities, the cloud around them and whom they trust', async () => {
    const port = await freePort();
    const channel = `{host: 127.0.0.1, port: ${port}, control: ${folder}/control}`;
    const tenants =
      '[{domain: a.example, ipv4: 10.0.0.1, trusts: [b.example]}, {domain: b.example, ipv4: 10.0.0.2}]';
    simulation = await Simulation.start({
      config: `apps: [{popsicl: {domain: popsicls.test, blocks: {ipv4: [198.51.100.0/24]}, tenants: ${tenants},
        registration: {folder: ${folder}}, tenantChannel: ${channel}}}, normal]`,
    });
    const { controller } = simulation;
    const call = (name: string, parameters: Record<string, string | number>) =>
      controller.callApp('popsicl', name, parameters) as Promise<unknown>;
    const { token } = (await call('invite', { domain: 'a.example', minutes: 1 })) as { token: string };
    for (const wrong of [{ domain: 'c.example' }, { domain: 'a.example', minutes: 9999 }]) {
      const code = await call('invite', wrong as never).catch((error: { code: string }) => error.code);
      expect(code).to.match(/^bad-(invitation|call)$/);
    }
    const file = (name: string) => join(folder, name);
    const credentials = {
      certificate: file('agent.pem'),
      key: file('agent.key'),
      authority: file('authority.pem'),
    };
    await enrolAgent({ controller: { host: '127.0.0.1', port }, credentials, token });
    const shelf = new Shelf();
    const agent = new Agent({ webServer: shelf, capabilities: new CapabilityFolder(folder), hindrances: [] });
    const link = linkAgent(agent, port, folder);
    try {
      const files = new CapabilityFiles(folder);
      await until('the cloud', () => files.cloud.tenants.length > 0);
      expect(files.cloud).to.deep.include({ tenants: ['a.example', 'b.example'], trusted: ['b.example'] });
      const { name, url } = (await call('register', { domain: 'a.example' })) as RegistrationAnswer;
      expect(new URL(url).searchParams.get('c')).to.equal(files.capabilityOf(name));
      await call('revoke', { name });
      expect(files.capabilityOf(name)).to.equal(undefined);
      expect(shelf.served.size).to.equal(0);
    } finally {
      link.close();
    }
  });

  it('trusts tenants of the cloud alone', async () => {
    const config =
      'apps: [{popsicl: {domain: p.test, blocks: {}, tenants: [{domain: a.example, ipv4: 10.0.0.1, trusts: [c.example]}]}}, normal]';
    const failure = await Simulation.start({ config }).catch((error: { code: string }) => error.code);
    expect(failure).to.be.a('string');
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

/** A port that was free a moment ago: the configuration names one. */
