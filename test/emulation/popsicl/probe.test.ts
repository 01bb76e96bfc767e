import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { drawLabel } from '../../../apps/popsicl/pseudonym/label.js';
import {
  CLOUD_DOMAIN,
  type CloudSettings,
  domainOf,
  HANDS_OVER,
} from '../../../mininet/demo/popsicl-cloud.js';
import { HAS_NGINX_MODULE } from '../../../mininet/demo/popsicl-tenant.js';
import { CloudAtWork, type Registered } from './cloud-at-work.js';
import { type ServerSide, serverSides } from './server-side.js';

/** The machine that serves names which are nobody's; it is like tenant-a. */
const DECOY = 'tenant-b';
/** Signatures of ECDSA and the integers in them vary by some bytes from one handshake to the next. */
const VARIES = 8;

describe('a probe in the network', () => {
  let cloud: CloudAtWork;
  let known: Registered;
  let names: Map<string, string>;
  let foreign: Registered;

  /** Without a strategy: what tenants have by default, beside a decoy. */
  const settings = (strategy: { ipv6?: 'proxy' }): CloudSettings => ({
    popsicl: ({ tenants }) => {
      const { trusts: _, ...decoy } = tenants.find(({ domain }) => domain === domainOf(DECOY))!;
      const others = tenants.filter(({ domain }) => domain !== decoy.domain);
      return {
        tenants: others.map(tenant => ({
          ...tenant,
          trusts: tenant.trusts.filter(domain => domain !== decoy.domain),
          strategy,
        })),
        decoy: { ...decoy, perSource: 1000 },
        ...(strategy.ipv6 === 'proxy' && { proxy: { ipv6: 'fd00::53' } }),
      };
    },
  });

  before(async function () {
    if (!HANDS_OVER || !HAS_NGINX_MODULE) this.skip();
    cloud = await CloudAtWork.start(['tenant-a', DECOY], settings({}), { [DECOY]: 'nginx' });
    known = await cloud.register('alice', 'tenant-a');
    const other = await cloud.register('carol', 'tenant-a');
    const revoked = await cloud.register('alice', 'tenant-a');
    foreign = await cloud.register('bob', 'tenant-a');
    const { exitCode, stderr } = await cloud.cli('store', [
      ...['popsicl', 'revoke', revoked.name, '--admin', cloud.admin],
    ]);
    expect(exitCode, stderr).to.equal(0);
    names = new Map([
      ['known', known.name],
      ['another’s', other.name],
      ['revoked', revoked.name],
      ['unknown', `${drawLabel()}.${CLOUD_DOMAIN}`],
      ['unknown too', `${drawLabel()}.${CLOUD_DOMAIN}`],
    ]);
  });
  after(() => cloud?.[Symbol.asyncDispose]());

  /** What bob, and whoever watches him, can tell of each kind of name at one place, with these words for OpenSSL. */
  async function probe(place: string, words: readonly string[]): Promise<Map<string, ServerSide>> {
    const capture = await cloud.network
      .link('isp', 'border')
      .capture({ node: 'isp', filter: 'tcp port 443' });
    try {
      for (const name of names.values()) {
        const at = place.includes(':') ? `[${place}]:443` : `${place}:443`;
        // Without a request, the end of each connection is the server's word alone.
        await cloud.network
          .host('bob')
          .run(['openssl', 's_client', '-connect', at, '-servername', name, '-ign_eof', ...words], {
            input: '',
            timeout: 60_000,
          });
      }
      const { file } = await capture.stop();
      const sides = serverSides(await readFile(file));
      expect(sides).to.have.length(names.size);
      return new Map([...names.keys()].map((kind, index) => [kind, sides[index]!]));
    } finally {
      await capture.discard();
    }
  }

  async function isAlike(place: string, words: readonly string[]): Promise<void> {
    const sides = await probe(place, words);
    const reference = sides.get('known')!;
    expect(reference.records.length, 'records').to.be.above(2);
    for (const [kind, { lengths, ...side }] of sides) {
      const { lengths: expected, ...same } = reference;
      expect(side, kind).to.deep.equal(same);
      for (const [index, length] of lengths.entries()) {
        expect(length, `${kind}: record ${index}`).to.be.closeTo(expected[index]!, VARIES);
      }
    }
  }

  const addressOf = async (family: '4' | '6') =>
    (
      await cloud.network.host('bob').run(['getent', `ahostsv${family}`, known.name], { check: true })
    ).stdout.split(/\s/)[0]!;
  const ways = () => [
    { what: 'TLS 1.3, no certificate', words: ['-tls1_3'] },
    { what: 'TLS 1.2, no certificate', words: ['-tls1_2'] },
    {
      what: 'TLS 1.3, another pseudonym’s certificate',
      words: ['-tls1_3', '-cert', foreign.identity, '-key', foreign.identity],
    },
  ];

  for (const family of ['4', '6'] as const) {
    it(`cannot tell an unknown, a revoked and a foreign pseudonym apart by any header or record, over IPv${family}`, async () => {
      const place = await addressOf(family);
      for (const { words } of ways()) await isAlike(place, words);
    });
  }

  it('nor where the relay carries every connection of a family', async () => {
    await cloud.controller.stop();
    await cloud.startController(settings({ ipv6: 'proxy' }));
    await cloud.untilServed('alice', known, ['-6']);
    const place = await addressOf('6');
    for (const { words } of ways()) await isAlike(place, words);
  });
});
