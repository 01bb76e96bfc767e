import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import { Cloud, hasProgram, NAME, PSEUDO4 } from './cloud.js';
import { TlsClient } from './tls-client.js';

const IDLE = 10;
/** Seconds until rules surely are gone, on a machine that has other things to do. */
const GONE = 60_000;

describe('rules of connections in Open vSwitch', () => {
  let cloud: Cloud;
  let client: TlsClient;
  before(async function () {
    if (!hasProgram()) this.skip();
    const limits = { flowIdleSeconds: IDLE };
    cloud = await Cloud.start({ redirection: 'flows' }, { limits });
    client = await TlsClient.start(cloud.client, NAME);
  });
  after(async () => {
    await client?.stop();
    await cloud?.stop();
  });

  async function open(name: string, port: number): Promise<void> {
    await client.order(`connect ${name} ${PSEUDO4} ${port}`, new RegExp(`^connected ${name}$`, 'm'));
    await client.order(`tls ${name}`, new RegExp(`^secure ${name}$`, 'm'));
    await until('both rules', async () => (await rulesOf(port)).length === 2);
  }

  /** The rules of the client's port, as `ovs-ofctl` prints them. */
  async function rulesOf(port: number): Promise<string[]> {
    const text = await cloud.sandbox.ofctl(['dump-flows', 'br0', 'table=0']);
    return text.split('\n').filter(line => new RegExp(`tp_(src|dst)=${port}\\b`).test(line));
  }

  /** Gets a page over a connection that is open. */
  async function use(name: string): Promise<void> {
    const pages = () => client.output.split(`\nbody ${name} `).length;
    const before = pages();
    await client.order(`get ${name} /index.html`, /^body /m);
    await until('a page', () => pages() > before);
  }

  /** What a rule matches, and its timeouts. */
  const terms = (rule: string) => rule.split(' actions=')[0]!;

  it('have no timeout until a FIN or RST passes', async () => {
    await open('ending', 20_000);
    await open('reset', 20_001);
    for (const rule of [...(await rulesOf(20_000)), ...(await rulesOf(20_001))]) {
      expect(terms(rule)).not.to.include('timeout');
    }
    await client.order('close ending', /^closed ending$/m);
    await client.order('reset reset', /^closed reset$/m);
    await until('timeouts', async () => {
      const ending = (await rulesOf(20_000)).map(terms);
      const forward = (await rulesOf(20_001)).map(terms).filter(rule => rule.includes('tp_src=20001'));
      return [...ending, ...forward].every(rule => rule.includes('idle_timeout=10'));
    });
  });

  it('go when the connection is idle, and stay while it is busy, also with a controller that has started anew', async () => {
    await open('idle', 20_002);
    await open('busy', 20_003);
    await cloud.stopController();
    await cloud.startController();
    await until(
      'the rules of the idle connection to go',
      async () => {
        await use('busy');
        return (await rulesOf(20_002)).length === 0;
      },
      { timeout: GONE, interval: 500 },
    );
    expect(await cloud.metric('idle_connections_total')).to.be.at.least(1);
    expect(await rulesOf(20_003)).to.have.length(2);
    await use('idle');
    expect(await cloud.metric('resumed_total')).to.be.at.least(1);
  });

  it('of connections that have ended are all gone', () =>
    until(
      'the last rules to go',
      async () => (await rulesOf(20_000)).length + (await rulesOf(20_001)).length === 0,
      { timeout: GONE },
    ));
});
