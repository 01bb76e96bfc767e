import { createRequire } from 'node:module';
import { expect } from 'chai';
import { buildFrame } from '../../../controller/packet/index.js';
import { Cloud, hasProgram, PAGE } from './cloud.js';

const PCAP = createRequire(import.meta.url).resolve('pcap');
const ATTACKER = { ipv4: '10.0.0.66', ipv6: 'fd00::66', mac: '02:00:00:00:00:66' };
/** Sends the frames of its arguments by eth0 for two minutes, if it is not killed before. */
const FLOOD = `
const { createSession } = require('${PCAP}');
const session = createSession('eth0', { filter: 'inbound and udp' });
const frames = process.argv.slice(1).map(text => Buffer.from(text, 'hex'));
let sent = 0;
setInterval(() => {
  for (let index = 0; index < 16; index++) session.inject(frames[sent++ % frames.length]);
  if (sent % 4000 === 0) console.log('sent', sent);
  if (sent >= 480_000) process.exit();
}, 4);
`;

/** Questions for the gateway's MAC address. */
function questions(): string[] {
  const { ipv4, ipv6, mac } = ATTACKER;
  const frames = [
    buildFrame([
      { type: 'ethernet', source: mac, destination: 'ff:ff:ff:ff:ff:ff' },
      { type: 'arp', operation: 'request', senderMac: mac, senderIpv4: ipv4, targetIpv4: '10.0.0.254' },
    ]),
    buildFrame([
      { type: 'ethernet', source: mac, destination: '33:33:ff:00:00:fe' },
      { type: 'ipv6', source: ipv6, destination: 'ff02::1:ff00:fe', hopLimit: 255 },
      {
        type: 'icmpv6',
        body: {
          type: 'neighbour-solicitation',
          target: 'fd00::fe',
          options: [{ type: 'source-link-layer-address', address: mac }],
        },
      },
    ]),
  ];
  return frames.map(frame => Buffer.from(frame).toString('hex'));
}

describe('a flood of questions for neighbours, at one port of the switch', () => {
  let cloud: Cloud;
  before(async function () {
    if (!hasProgram()) this.skip();
    cloud = await Cloud.start({}, { limits: { neighbourRate: 5 } });
  });
  after(() => cloud?.stop());

  it('keeps the controller from finding no tenant, and no client from finding the gateway', async () => {
    const { sandbox, client } = cloud;
    const attacker = await sandbox.addHost('br0', { addresses: [`${ATTACKER.ipv4}/24`], mac: ATTACKER.mac });
    await cloud.stopController();
    const flood = await attacker.spawn([process.execPath, '-e', FLOOD, ...questions()]);
    await flood.printed(/^sent 4000$/m, 60_000);
    // One that knows no MAC address.
    await cloud.startController();
    for (const family of [4, 6] as const) {
      await client.namespace.script(['ip neigh flush dev eth0']);
      const { stdout, stderr } = await cloud.fetch(family);
      expect(stderr).to.equal('');
      expect(stdout).to.equal(PAGE);
    }
    expect(flood.exit).to.equal(undefined);
    // Dropped by its own meter, and by no other.
    const meters = await sandbox.ofctl(['meter-stats', 'br0']);
    const drops = [...meters.matchAll(/^\s*0: packet_count:(\d+)/gm)].map(([, count]) => Number(count));
    expect(drops).to.have.length.above(60);
    expect(drops.filter(count => count > 0)).to.have.length(1);
    await flood.stop('SIGKILL');
  });
});
