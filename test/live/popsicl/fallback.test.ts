import { expect } from 'chai';
import { Cloud, can, NAME, PAGE, type StandIn } from './cloud.js';

describe('a tenant whose agent says that its kernel cannot do `cookie`', () => {
  let cloud: Cloud | undefined;
  afterEach(async () => {
    await cloud?.stop();
    cloud = undefined;
  });

  /** A tenant for `cookie` on both families, without the BPF program where connections can be restored. */
  async function start(standIn: StandIn): Promise<Cloud> {
    const strategy = { ipv4: 'cookie', ipv6: 'cookie' } as const;
    cloud = await Cloud.start({ strategy }, {}, undefined, [standIn]);
    return cloud;
  }

  it('gets its connections by `repair`', async function () {
    if (!can('repair')) this.skip();
    const started = await start('repair');
    for (const family of [4, 6] as const) {
      const { stdout, stderr } = await started.fetch(family);
      expect(stderr).to.equal('');
      expect(stdout).to.equal(PAGE);
    }
  });

  it('gets them by the relay where it cannot do that either and the address names it', async () => {
    const started = await start('proxy');
    started.agents = { strategies: () => [], restore: () => Promise.reject(new Error()), close() {} };
    await started.stopController();
    await started.startController();
    const { stdout, stderr } = await started.fetch(6);
    expect(stderr).to.equal('');
    expect(stdout).to.equal(PAGE);
    const seen = await Promise.all(
      started.sandbox.hosts.map(host => host.run(['ss', '-tanH', 'sport = :443 or dport = :443'])),
    );
    const lines = seen.flatMap(({ stdout }) => stdout.split('\n'));
    expect(lines.some(line => /10\.0\.0\.3:/.test(line) && /10\.0\.0\.2:443/.test(line))).to.equal(true);
  });

  it('refuses a connection that nobody can restore', async function () {
    if (!can('repair')) this.skip();
    const started = await start('repair');
    const restore = () => Promise.reject(new Error('no'));
    const { agents } = started;
    started.agents = { ...agents!, restore, close: () => agents!.close() };
    await started.stopController();
    await started.startController();
    const { stderr } = await started.fetch(4);
    expect(stderr).to.match(/reset by peer/i);
    const text = await started.controller.metricsText();
    expect(text).to.match(/failed_handoffs_total\{.*\} 1$/m);
    expect(text).to.match(/^cloakflow_popsicl_connections\{.*\} 0$/m);
    expect(text).to.match(/^cloakflow_popsicl_pending\{.*\} 0$/m);
    expect(started.log.join('')).not.to.include(NAME);
  });
});
