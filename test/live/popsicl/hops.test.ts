import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Capture, capturedFrames } from '../../../mininet/driver/index.js';
import { Cloud, can, PAGE, PSEUDO4, PSEUDO6 } from './cloud.js';

for (const redirection of ['conntrack', 'flows'] as const) {
  describe(`hops of packets under a pseudo-address, by ${redirection}`, () => {
    let cloud: Cloud;
    before(async function () {
      if (!can('cookie')) this.skip();
      cloud = await Cloud.start({ strategy: { ipv4: 'cookie', ipv6: 'address' }, redirection });
      await cloud.tenant.namespace.script([
        'sysctl -qw net.ipv4.ip_default_ttl=128 net.ipv6.conf.all.hop_limit=255 net.ipv6.conf.eth0.hop_limit=255',
      ]);
    });
    after(() => cloud?.stop());

    for (const family of [4, 6] as const) {
      it(`do not tell the tenant’s system, nor how far away it is, on IPv${family}`, async () => {
        const filter = family === 4 ? `tcp and src host ${PSEUDO4}` : `tcp and src host ${PSEUDO6}`;
        await using capture = await Capture.start('eth0', { filter }, (argv, options) =>
          cloud.client.spawn(argv, options),
        );
        expect((await cloud.fetch(family)).stdout).to.equal(PAGE);
        const { file, frames } = await capture.stop();
        expect(frames).to.be.above(3);
        expect(hopsIn(await readFile(file), family)).to.deep.equal(new Set([64]));
      });
    }
  });
}

/** What the frames of a pcap file have in the place of the hop limit. */
function hopsIn(pcap: Buffer, family: 4 | 6): Set<number> {
  const found = new Set<number>();
  for (const { frame } of capturedFrames(pcap)) found.add(frame[14 + (family === 4 ? 8 : 7)]!);
  return found;
}
