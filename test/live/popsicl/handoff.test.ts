import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RedirectionName, StrategyName } from '../../../apps/popsicl/model.js';
import type { SandboxHost } from '../../../mininet/driver/index.js';
import { Cloud, can, NAME, PAGE, PSEUDO4, PSEUDO6 } from './cloud.js';
import { TlsClient } from './tls-client.js';

const data = randomBytes(64 << 20);

const CASES: readonly (readonly [StrategyName, RedirectionName, 4 | 6])[] = [
  ['cookie', 'conntrack', 4],
  ['cookie', 'conntrack', 6],
  ['address', 'conntrack', 4],
  ['address', 'conntrack', 6],
  ['repair', 'conntrack', 4],
  ['repair', 'conntrack', 6],
  ['proxy', 'conntrack', 4],
  ['proxy', 'conntrack', 6],
  ['cookie', 'flows', 4],
  ['cookie', 'flows', 6],
  ['address', 'flows', 4],
  ['address', 'flows', 6],
  ['repair', 'flows', 4],
  ['repair', 'flows', 6],
  ['proxy', 'flows', 4],
  ['proxy', 'flows', 6],
];

for (const [strategy, redirection, family] of CASES) {
  describe(`a handoff by ${strategy} and ${redirection} on IPv${family}`, () => {
    let cloud: Cloud;
    before(async function () {
      if (!can(strategy)) this.skip();
      cloud = await Cloud.start({ strategy: { [`ipv${family}`]: strategy }, redirection });
    });
    after(() => cloud?.stop());

    const handoffs = async () => {
      const text = await cloud.controller.metricsText();
      return Number(/^cloakflow_popsicl_handoffs_total\{.*\} (\d+)$/m.exec(text)?.[1]);
    };

    it('opens the page of an unmodified nginx', async () => {
      const before = await handoffs();
      const { stdout, stderr } = await cloud.fetch(family);
      expect(stderr).to.equal('');
      expect(stdout).to.equal(PAGE);
      expect(await handoffs()).to.equal(before + 1);
    });

    it('carries 64 MiB down and up with equal checksums', async () => {
      await writeFile(join(cloud.folder, 'down.bin'), data);
      const received = join(cloud.folder, 'received.bin');
      const down = await cloud.fetch(family, '/down.bin', ['-o', received]);
      expect(down.stderr).to.equal('');
      expect((await readFile(received)).equals(data)).to.equal(true);
      const up = await cloud.fetch(family, '/upload/up.bin', ['-T', join(cloud.folder, 'down.bin')]);
      expect(up.stderr).to.equal('');
      expect((await readFile(join(cloud.folder, 'upload/up.bin'))).equals(data)).to.equal(true);
    });

    it('keeps SACK, timestamps and window scaling, as the ends agreed on them', async () => {
      // Makes the client's window scale another than the tenant's, unless the machine's own buffers are as large.
      await cloud.client.namespace.script(["sysctl -qw net.ipv4.tcp_rmem='4096 131072 134217728'"]);
      const client = await TlsClient.start(cloud.client, NAME);
      try {
        const pseudo = family === 4 ? PSEUDO4 : PSEUDO6;
        await client.order(`connect one ${pseudo} 20000`, /^connected one$/m);
        await client.order('tls one', /^secure one$/m);
        const scalesAt = async (host: SandboxHost, port: string) => {
          const filter = ['state', 'established', port];
          const { stdout } = await host.run(['ss', '-tinoHO', ...filter], { check: true });
          expect(stdout).to.match(/\bts sack\b.*\bwscale:\d+,\d+\b/);
          return /\bwscale:(\d+),(\d+)\b/.exec(stdout)!.slice(1).map(Number);
        };
        const [theirs, own] = await scalesAt(cloud.client, 'sport = :20000');
        expect(own).to.be.at.least(12);
        if (strategy === 'cookie' || strategy === 'repair') expect(theirs).to.equal(7);
        const atTenant = await scalesAt(cloud.tenant, 'sport = :443');
        // Behind the relay the tenant's connection is the relay's.
        if (strategy !== 'proxy') expect(atTenant).to.deep.equal([own, theirs]);
      } finally {
        await client.stop();
      }
    });

    if (redirection === 'conntrack') {
      it('makes the switch translate its tables for no packet, once its datapath has seen one handoff', async () => {
        const misses = async () => {
          const text = await cloud.sandbox.appctl(['dpif-netdev/pmd-stats-show']);
          const [, failed] = /miss with failed upcall: (\d+)/.exec(text)!;
          return Number(failed);
        };
        const before = await misses();
        for (let count = 0; count < 5; count++) await cloud.fetch(family);
        expect(await misses()).to.equal(before);
      });
    }

    if (redirection !== 'flows') return;

    it('leaves one entry in the cache of the datapath to every SYN of a client, whatever its port', async () => {
      const entryOf = async (flags: string) => {
        const [tcp, ip, client, pseudo] =
          family === 4 ? ['tcp', 'nw', '10.0.0.1', PSEUDO4] : ['tcp6', 'ipv6', 'fd00::1', PSEUDO6];
        const packet = `in_port=1,${tcp},${ip}_src=${client},${ip}_dst=${pseudo},tp_src=40000,tp_dst=443`;
        const trace = await cloud.sandbox.appctl(['ofproto/trace', 'br0', `${packet},tcp_flags=${flags}`]);
        return /^Megaflow: .*/m.exec(trace)![0];
      };
      // A connection whose rules are there, for the ten seconds after its end.
      await cloud.fetch(family);
      expect(await entryOf('ack')).to.match(/tp_src=|tp_dst=/);
      expect(await entryOf('syn')).not.to.match(/tp_src=|tp_dst=/);
    });
  });
}
