import { expect } from 'chai';
import type { DnsServer } from '../../../apps/popsicl/dns/dns-server.js';
import { UpdatePublisher, type UpdatePublisherOptions } from '../../../apps/popsicl/dns/update-publisher.js';
import type { Pseudonym } from '../../../apps/popsicl/model.js';
import { DOMAIN, exampleZone, KNOWN, STATELESS, startExample } from '../../unit/popsicl/example-zone.js';
import { command } from './command.js';
import { dig, KEY_NAME, Named } from './named.js';

const has = (program: string) =>
  command(program, ['-h']).then(
    () => true,
    () => false,
  );

describe('zone of a cloud, as dig and kdig see it', () => {
  let server: DnsServer;
  let port: number;

  before(async function () {
    if (!(await has('dig')) || !(await has('kdig'))) return this.skip();
    server = await startExample(exampleZone('alike'));
    port = server.listening[0]!.port;
  });
  after(() => server?.stop());

  for (const program of ['dig', 'kdig']) {
    const ask = (name: string, type: string, ...options: string[]) =>
      command(program, ['@127.0.0.1', '-p', String(port), name, type, '+retry=0', '+norec', ...options]);

    it(`gives ${program} addresses over UDP and TCP, with EDNS and without`, async () => {
      for (const options of [['+notcp'], ['+tcp'], ['+noedns'], ['+bufsize=512'], ['+dnssec']]) {
        const { stdout } = await ask(`${KNOWN}.${DOMAIN}`, 'A', ...options);
        expect(stdout, options.join()).to.match(/status: NOERROR/);
        expect(stdout)
          .to.match(/flags: qr aa/i)
          .and.to.match(/IN\s+A\s+198\.51\.100\.1\n/);
        expect(stdout).to.not.match(/warning|malformed|trailing|mismatch/i);
      }
      expect((await ask(`${STATELESS}.${DOMAIN}`, 'AAAA', '+short')).stdout).to.equal('2001:db8::77\n');
    });

    it(`gives ${program} negative answers with the SOA record, ANY small, and refuses the rest`, async () => {
      const none = await ask(`no.such.${DOMAIN}`, 'A');
      expect(none.stdout)
        .to.match(/status: NXDOMAIN/)
        .and.to.match(new RegExp(`${DOMAIN}\\.\\s+60\\s+IN\\s+SOA\\s+ns1\\.${DOMAIN}`));
      expect((await ask(`portal.${DOMAIN}`, 'MX')).stdout)
        .to.match(/status: NOERROR/)
        .and.to.match(/SOA/);
      expect((await ask(`${KNOWN}.${DOMAIN}`, 'ANY', '+notcp')).stdout).to.match(/HINFO\s+"RFC8482"\s+""/);
      expect((await ask('example.org', 'A')).stdout).to.match(/status: REFUSED/);
      const transfer = await ask(DOMAIN, 'AXFR');
      expect(transfer.stdout + transfer.stderr).to.match(/Transfer failed|REFUSED/i);
      expect((await ask('version.bind', 'TXT', '-c', 'CH')).stdout).to.match(/status: REFUSED/);
      expect((await ask(DOMAIN, 'NS', '+short')).stdout).to.equal(`ns1.${DOMAIN}.\nns.example.net.\n`);
    });
  }

  it('answers EDNS of a later version with BADVERS', async () => {
    const { stdout } = await dig(port, DOMAIN, 'SOA', '+edns=5', '+noednsnegotiation');
    expect(stdout).to.match(/status: BADVERS/);
  });
});

describe('updates of another DNS server (RFC 2136), as BIND takes them', () => {
  let named: Named | undefined;
  const name = `${KNOWN}.${DOMAIN}`;
  const pseudonym = (ipv4: string[], ipv6: string[]) =>
    ({ name, addresses: { ipv4, ipv6 } }) as unknown as Pseudonym;

  before(async function () {
    named = await Named.start(DOMAIN);
    if (named === undefined) this.skip();
  });
  after(() => named?.stop());

  function publisher(options: Partial<UpdatePublisherOptions> = {}): UpdatePublisher {
    return new UpdatePublisher({
      server: { address: '127.0.0.1', port: named!.port },
      domain: DOMAIN,
      key: { name: KEY_NAME, algorithm: 'hmac-sha256', secret: named!.secret },
      ttl: 300,
      patience: 10_000,
      wallClock: () => Date.now(),
      ...options,
    });
  }

  const addresses = async () => {
    const [v4, v6] = [
      await dig(named!.port, name, 'A', '+short'),
      await dig(named!.port, name, 'AAAA', '+short'),
    ];
    return [...v4.stdout.split('\n'), ...v6.stdout.split('\n')].filter(line => line !== '').sort();
  };
  const codeOf = (work: Promise<void>) =>
    work.then(
      () => 'no error',
      (error: { code: string; message: string }) => {
        expect(error.message).to.not.contain(KNOWN);
        return error.code;
      },
    );

  it('are there when they are acknowledged, replace what was there, and go away again', async () => {
    await publisher().publish(pseudonym(['198.51.100.1', '198.51.100.2'], ['2001:db8::1']));
    expect(await addresses()).to.deep.equal(['198.51.100.1', '198.51.100.2', '2001:db8::1']);
    await publisher().publish(pseudonym(['198.51.100.3'], []));
    expect(await addresses()).to.deep.equal(['198.51.100.3']);
    await publisher().withdraw(name);
    await publisher().withdraw(name);
    expect(await addresses()).to.deep.equal([]);
    expect((await dig(named!.port, name, 'A')).stdout).to.match(/status: NXDOMAIN/);
  });

  it('are refused with the wrong secret, an unknown key, a clock that is off, and outside the zone', async () => {
    const secret = Buffer.alloc(32, 1);
    const key = { name: KEY_NAME, algorithm: 'hmac-sha256', secret: named!.secret } as const;
    const trial = pseudonym(['198.51.100.9'], []);
    for (const [what, options, code] of [
      ['secret', { key: { ...key, secret } }, 'dns-update-unauthentic'],
      ['name', { key: { ...key, name: 'stranger' } }, 'dns-update-unauthentic'],
      ['algorithm', { key: { ...key, algorithm: 'hmac-sha512' } }, 'dns-update-unauthentic'],
      ['clock', { wallClock: () => Date.now() - 3_600_000 }, 'dns-update-unauthentic'],
      ['zone', { domain: 'elsewhere.test' }, 'dns-update-refused'],
      ['port', { server: { address: '127.0.0.1', port: 1 } }, 'dns-update-unreachable'],
    ] as const) {
      expect(await codeOf(publisher(options).publish(trial)), what).to.equal(code);
    }
    expect(await addresses()).to.deep.equal([]);
  });
});
