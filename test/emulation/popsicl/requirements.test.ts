import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Certificate } from 'pkijs';
import { commonName, keyIdOf, makeCertificate } from '../../../apps/popsicl/pki/certificate.js';
import { issueClientCredential } from '../../../apps/popsicl/pki/issue.js';
import {
  generateKeyPair,
  importPrivateKey,
  privateKeyPem,
  publicKeyInfo,
} from '../../../apps/popsicl/pki/key-pair.js';
import { fromPem, toPem } from '../../../apps/popsicl/pki/pem.js';
import { parseIpv6 } from '../../../controller/address/index.js';
import { observe } from '../../../mininet/demo/eavesdropper.js';
import {
  cloudAddressesOf,
  domainOf,
  HANDS_OVER,
  publicAddressOf,
  type TenantHost,
} from '../../../mininet/demo/popsicl-cloud.js';
import { runCommand, until } from '../../../mininet/driver/index.js';
import { type Kit, KitMaker, write } from '../../live/popsicl/tenant/pseudonym-kit.js';
import { CloudAtWork, type Registered } from './cloud-at-work.js';
import { streamsOfServers } from './streams-of-servers.js';

/** One for each form of server. */
const TENANTS = ['tenant-a', 'tenant-b', 'tenant-c'] as const;
/** Clients, the last one behind NAT and without IPv6. */
const CLIENTS = ['alice', 'bob', 'carol'] as const;
type Client = (typeof CLIENTS)[number];
const DAY = 24 * 60 * 60 * 1000;
const BEGIN = '-----BEGIN CERTIFICATE-----';
const TLS = { 'TLS 1.3': '-tls1_3', 'TLS 1.2': '-tls1_2' } as const;

/** Subject public key info, DER. */
const keyIn = (certificate: X509Certificate): Buffer =>
  certificate.publicKey.export({ type: 'spki', format: 'der' });
const keyOf = async (pem: string): Promise<Buffer> => keyIn(new X509Certificate(await readFile(pem)));

describe('the requirements of the paper, in Mininet', () => {
  let cloud: CloudAtWork;
  /** By client and tenant. */
  const all = new Map<string, Registered>();
  const of = (client: Client, tenant: TenantHost): Registered => all.get(`${client} ${tenant}`)!;
  const everybody = () => CLIENTS.map(client => of(client, 'tenant-a'));

  before(async function () {
    if (!HANDS_OVER) this.skip();
    cloud = await CloudAtWork.start([...TENANTS, 'mallory']);
    const register = async (client: Client, tenants: readonly TenantHost[]) => {
      for (const tenant of tenants) all.set(`${client} ${tenant}`, await cloud.register(client, tenant));
    };
    await Promise.all([
      register('alice', [...TENANTS, 'mallory']),
      register('bob', TENANTS),
      register('carol', ['tenant-a']),
    ]);
  });
  after(() => cloud?.[Symbol.asyncDispose]());

  it('a client opens her pseudonym: IPv4, IPv6, and from behind NAT, at each kind of server', async () => {
    for (const [who, registered] of all) {
      const [client, tenant] = who.split(' ') as [Client, TenantHost];
      for (const family of client === 'carol' ? ['-4'] : ['-4', '-6']) {
        const { stdout, stderr } = await cloud.curl(client, registered, registered, [family]);
        expect(stderr, who).to.equal('');
        expect(stdout, who).to.equal(cloud.tenant(tenant).page);
      }
    }
  });

  it('R1: The PoPSiCl for a client to access a tenant server is independent of the PoPSiCl generated for other clients, and the PoPSiCl is used in place of the tenant server’s domain name everywhere that domain name appears in client communication', async () => {
    const names = new Set(everybody().map(({ name }) => name));
    expect(names.size).to.equal(CLIENTS.length);
    await using capture = await cloud.network.link('isp', 'border').capture();
    for (const client of CLIENTS) await cloud.curl(client, of(client, 'tenant-a'), of(client, 'tenant-a'));
    const seen = await observe((await capture.stop()).file);
    expect(seen.serverNames).to.deep.equal(names);
    expect(seen.names).to.deep.equal(names);
    expect(seen.bytes.includes('tenant-a')).to.equal(false);
  });

  it('R2: The pseudo-address to which a client addresses packets for the tenant server (and from which return packets arrive to this client) is independent from the actual network endpoint (i.e., IP address) of the tenant server in the cloud', async () => {
    const filter = ['10.0.0.11', '203.0.113.11', 'fd00::11', '2001:db8:2::11']
      .map(address => `host ${address}`)
      .join(' or ');
    await using capture = await cloud.network.link('isp', 'border').capture({ filter });
    const target = of('alice', 'tenant-a');
    for (const family of ['-4', '-6']) {
      const { stdout } = await cloud.curl('alice', target, target, [family]);
      expect(stdout).to.equal(cloud.tenant('tenant-a').page);
    }
    expect((await capture.stop()).frames).to.equal(0);
  });

  it('R3: In a TLS connection setup with a client that is accessing the server using a PoPSiCl, the tenant-server public key used was generated independently of the server public keys used in its TLS connections with other clients (regardless of whether those clients use PoPSiCls to access the server)', async () => {
    for (const tenant of TENANTS) {
      const own = await keyOf(cloud.tenant(tenant).certificate);
      const keys = new Set([own.toString('hex')]);
      const clients = tenant === 'tenant-a' ? CLIENTS : (['alice', 'bob'] as const);
      for (const client of clients) {
        const { identity, name } = of(client, tenant);
        const shown = await cloud.sClient(client, name, ['-cert', identity, '-key', identity]);
        expect(shown).to.include('Welcome');
        const presented = new X509Certificate(shown.slice(shown.indexOf(BEGIN)));
        expect(presented.checkHost(name)).to.equal(name);
        keys.add(keyIn(presented).toString('hex'));
      }
      expect(keys.size, tenant).to.equal(clients.length + 1);
    }
  });

  it('R1 to R3 in the bytes that an eavesdropper sees, with certificates in the clear (TLS 1.2): no name, address or public key of a tenant, and nothing that two clients share', async () => {
    const keys: Buffer[] = [];
    for (const tenant of TENANTS) keys.push(await keyOf(cloud.tenant(tenant).certificate));
    const { pcap, seen } = await eavesdrop();
    const found = ipv4In(seen);
    // What is encrypted has the four bytes of one of these addresses by chance once in thousands of times, and seldom twice.
    if (found.length > 0) {
      const { seen: again } = await eavesdrop();
      expect(found.filter(address => ipv4In(again).includes(address))).to.deep.equal([]);
    }
    for (const tenant of TENANTS) {
      const { ipv6 } = cloudAddressesOf(tenant);
      expect(seen.includes(domainOf(tenant)), 'a name').to.equal(false);
      expect(seen.includes(Buffer.from(parseIpv6(ipv6)!)), 'an address').to.equal(false);
      const presented = new Set<string>();
      for (const client of ['alice', 'bob'] as const) {
        const pem = await cloud.tenant(tenant).materialOf(of(client, tenant).name);
        const key = keyIn(new X509Certificate(pem.slice(pem.lastIndexOf(BEGIN))));
        expect(seen.includes(key), 'the key that a client is shown').to.equal(true);
        presented.add(key.toString('hex'));
      }
      expect(presented.size).to.equal(2);
    }
    for (const key of keys) expect(seen.includes(key), 'the public key of a tenant').to.equal(false);
    const [alice, bob] = ['alice', 'bob'].map(client => addressesSeen(pcap, client as 'alice' | 'bob'));
    expect(alice!.size).to.equal(TENANTS.length);
    expect([...alice!].filter(address => bob!.has(address))).to.deep.equal([]);
  });

  /** What passes the link of an eavesdropper while two clients open pages of all tenants: as captured, and with all that she can read. */
  async function eavesdrop(): Promise<{ pcap: Buffer; seen: Buffer }> {
    await using capture = await cloud.network.link('isp', 'border').capture();
    for (const tenant of TENANTS) {
      for (const client of ['alice', 'bob'] as const) {
        const target = of(client, tenant);
        for (const family of ['-4', '-6']) {
          const { stdout } = await cloud.curl(client, target, target, [family, '--tls-max', '1.2']);
          expect(stdout).to.equal(cloud.tenant(tenant).page);
        }
      }
    }
    const pcap = await (await capture.stop()).bytes();
    return { pcap, seen: Buffer.concat([pcap, ...streamsOfServers(pcap)]) };
  }

  /** IPv4 addresses of tenants that stand in the bytes. */
  function ipv4In(seen: Buffer): string[] {
    const all = TENANTS.flatMap(tenant => [cloudAddressesOf(tenant).ipv4, publicAddressOf(tenant)]);
    return all.filter(address => seen.includes(Buffer.from(address.split('.').map(Number))));
  }

  /** Servers that a client's IPv6 packets in a capture go to, in hexadecimal. */
  function addressesSeen(pcap: Buffer, client: 'alice' | 'bob'): Set<string> {
    const own = Buffer.from(`20010db8000${client === 'alice' ? 'a' : 'b'}0000`.slice(0, 14), 'hex');
    const found = new Set<string>();
    const cloudBlock = Buffer.from('20010db80001', 'hex');
    for (let at = pcap.indexOf(own); at >= 0; at = pcap.indexOf(own, at + 1)) {
      const destination = pcap.subarray(at + 16, at + 32);
      if (destination.subarray(0, 6).equals(cloudBlock)) found.add(destination.toString('hex'));
    }
    return found;
  }

  describe('R4: A tenant server completes a TLS connection setup with a client using a PoPSiCl only if that PoPSiCl was registered for use by that client, with this tenant server', () => {
    /** What mallory makes in the name of the cloud, with keys of his own. */
    let forger: KitMaker;

    before(async () => {
      forger = await KitMaker.create();
    });

    /** How each kind of server refuses whom it asked for a certificate in vain, and who shows a wrong one. */
    const NONE = /alert (certificate required|handshake failure)/;
    const CLOSE = /closed|unexpected eof|errno/i;
    const REFUSALS = {
      nginx: { none: NONE, wrong: /alert unknown ca/, late: /alert certificate expired/ },
      // nginx lets a handshake with a wrong certificate complete, and then closes without an answer.
      'nginx-blocks': { none: NONE, wrong: CLOSE, late: CLOSE },
      node: { none: NONE, wrong: CLOSE, late: CLOSE },
    };

    for (const tenant of TENANTS) {
      for (const [version, flag] of Object.entries(TLS)) {
        it(`${tenant}, ${version}: another client, no certificate, another pseudonym’s certificate alone and with its server certificate as chain, a malicious tenant’s, an expired one`, async () => {
          const { form } = cloud.tenant(tenant);
          const { none, wrong, late } = REFUSALS[form];
          const [target, others] = [of('alice', tenant), of('bob', tenant)];
          const pem = (file: string, text: string) => write(cloud.folder, file, text);
          const material = await cloud.tenant(tenant).materialOf(others.name);
          const chain = pem('chain.pem', material.slice(material.lastIndexOf(BEGIN)));
          const malicious = of('alice', 'mallory');
          const forged = await forge(target.name, malicious);
          const attempts: [string, RegExp, string[]][] = [
            ['no certificate', none, []],
            ['another pseudonym’s', wrong, ['-cert', others.identity, '-key', others.identity]],
            [
              'with its chain',
              wrong,
              ['-cert', others.identity, '-key', others.identity, '-cert_chain', chain],
            ],
            ['of the malicious tenant', wrong, ['-cert', malicious.identity, '-key', malicious.identity]],
          ];
          const past = await expired(await cloud.tenant(tenant).materialOf(target.name));
          for (const [what, { cert, key }] of Object.entries(forged)) {
            attempts.push([what, wrong, ['-cert', pem('forged.pem', cert), '-key', pem('forged.key', key)]]);
          }
          const words = ['-cert', pem('late.pem', past.cert), '-key', pem('late.key', past.key)];
          attempts.push(['her own, expired', late, words]);
          const place = await pseudoAddressOf(target.name);
          for (const [what, refusal, words] of attempts) {
            for (const client of ['bob', 'mallory']) {
              const said = await cloud.sClient(client, target.name, [flag, ...words], place);
              expect(said, what)
                .to.include('CONNECTED')
                .and.not.include('Welcome')
                .and.not.include('HTTP/1.1');
              expect(said, what).to.match(refusal);
            }
          }
        });

        it(`${tenant}, ${version}: a session resumed from another pseudonym, or from the tenant’s own site`, async () => {
          const [target, others] = [of('alice', tenant), of('bob', tenant)];
          const session = join(cloud.folder, `${tenant}${flag}.session`);
          const [put, get] = [
            ['-sess_out', session],
            ['-sess_in', session],
          ];
          const kept = () =>
            stat(session).then(
              () => true,
              () => false,
            );
          // Sessions of the tenant's own site are resumed there: the means of this test work.
          const site = publicAddressOf(tenant);
          await cloud.sClient('bob', domainOf(tenant), [flag, ...put], site);
          expect(await cloud.sClient('bob', domainOf(tenant), [flag, ...get], site)).to.include(
            'Reused, TLS',
          );
          const owner = ['-cert', others.identity, '-key', others.identity];
          for (const words of [[], owner])
            await refused(await cloud.sClient('bob', target.name, [flag, ...get, ...words]));
          await runCommand(['rm', session]);
          expect(await cloud.sClient('bob', others.name, [flag, ...put, ...owner])).to.include('Welcome');
          if (!(await kept())) return;
          for (const words of [[], owner])
            await refused(await cloud.sClient('bob', target.name, [flag, ...get, ...words]));
        });
      }

      it(`${tenant}: a pseudonym of the same client with another tenant server`, async () => {
        const foreign = of('alice', tenant === 'tenant-a' ? 'tenant-b' : 'tenant-a');
        const address = await pseudoAddressOf(of('alice', tenant).name);
        const own = ['-cert', foreign.identity, '-key', foreign.identity];
        await refused(await cloud.sClient('alice', foreign.name, own, address));
      });
    }

    /** IPv6, as DNS says. */
    async function pseudoAddressOf(name: string): Promise<string> {
      const { stdout } = await cloud.network.host('alice').run(['getent', 'ahostsv6', name], { check: true });
      return stdout.split(/\s/)[0]!;
    }

    async function refused(said: string): Promise<void> {
      expect(said).to.include('CONNECTED').and.not.include('Reused').and.not.include('Welcome');
      expect(said).not.to.include('HTTP/1.1 200');
    }

    /** A certificate that the pseudonym's own authority has signed, for until yesterday. */
    async function expired(material: string): Promise<Kit['client']> {
      const [der] = fromPem('CERTIFICATE', material);
      const { subject: issuer, subjectPublicKeyInfo } = Certificate.fromBER(der!);
      const { publicKey, privateKey } = await generateKeyPair('ecdsa-p256');
      const certificate = await makeCertificate({
        subject: commonName('c.expired'),
        issuer,
        publicKey: await publicKeyInfo(publicKey),
        signingKey: (await importPrivateKey(material))!,
        issuerKeyId: await keyIdOf(subjectPublicKeyInfo),
        notBefore: new Date(Date.now() - 2 * DAY),
        notAfter: new Date(Date.now() - DAY),
        purpose: 'client',
      });
      return {
        cert: toPem('CERTIFICATE', certificate.toSchema().toBER()),
        key: await privateKeyPem(privateKey),
      };
    }

    /** Certificates that the malicious tenant can make: with the key of a pseudonym of his own, and with new ones. */
    async function forge(name: string, own: Registered): Promise<Record<string, Kit['client']>> {
      const pem = await cloud.tenant('mallory').materialOf(own.name);
      const blocks = pem.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----\n?/g)!;
      const [keyPem, anchorPem, certificatePem] = blocks as [string, string, string];
      const mallorys = await issueClientCredential(
        { name: own.name, keyPem, anchorPem, certificatePem },
        'ecdsa-p256',
        undefined,
      );
      return {
        'signed by his pseudonym’s key': {
          cert: mallorys.certificatePem,
          key: toPem('PRIVATE KEY', mallorys.privateKey!),
        },
        'his pseudonym’s server certificate': { cert: certificatePem, key: keyPem },
        'his pseudonym’s anchor': { cert: anchorPem, key: keyPem },
        'in the name of the pseudonym': (await forger.make(name.split('.')[0]!)).client,
      };
    }

    it('a malicious tenant that takes another’s place obtains no request', async () => {
      const [target, own] = [of('alice', 'tenant-a'), of('alice', 'mallory')];
      const mallory = cloud.network.host('mallory');
      const { ipv6 } = cloudAddressesOf('tenant-a');
      const link = cloud.network.link('tenant-a', 's1');
      const pem = write(cloud.folder, 'impostor.pem', await cloud.tenant('mallory').materialOf(own.name));
      await link.down();
      try {
        await mallory.run(['ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:11'], { check: true });
        await mallory.run(['ip', '-6', 'addr', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad'], { check: true });
        const impostor = await mallory.spawn([
          ...['openssl', 's_server', '-accept', `[${ipv6}]:443`, '-cert', pem, '-key', pem, '-msg'],
        ]);
        await impostor.printed(/ACCEPT/);
        await until(
          'the switches to believe mallory',
          async () => {
            await mallory.run(['ping', '-6', '-c1', '-W1', '-I', ipv6, 'fd00::53']);
            const { stderr, exitCode } = await cloud.curl('alice', target, target, ['-6', '-m', '10']);
            expect(exitCode).not.to.equal(0);
            return /SSL: no alternative certificate|subject name|certificate/.test(stderr);
          },
          { timeout: 60_000 },
        );
        await impostor.stop();
        expect(impostor.stdout).to.include('ClientHello').and.not.include('GET /');
      } finally {
        await mallory.run(['ip', '-6', 'addr', 'del', `${ipv6}/64`, 'dev', 'eth0']);
        await mallory.run(['ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:66']);
        await link.up();
      }
    });
  });

  it('an ordinary, non-pseudonym HTTPS server of the same cloud is untouched', async () => {
    const tenant = cloud.tenant('tenant-b');
    // Nothing of it is taken for a connection to a pseudonym.
    const counted = async () => {
      const words = ['curl', '-s', '--unix-socket', cloud.admin, 'http://controller/metrics'];
      const { stdout } = await cloud.network.host('store').run(words, { check: true });
      const counts = /^cloakflow_popsicl_(syns|handoffs|bad_hellos|unknown_names)_total\{.*\} \d+$/gm;
      return stdout.match(counts);
    };
    const before = await counted();
    expect(before).to.have.length(4);
    const { stdout } = await cloud.network
      .host('alice')
      .run([
        ...['curl', '-sS', '-m', '60', '--cacert', tenant.authority],
        ...['--resolve', `${domainOf('tenant-b')}:443:${publicAddressOf('tenant-b')}`],
        `https://${domainOf('tenant-b')}/`,
      ]);
    expect(stdout).to.equal(tenant.page);
    expect(await counted()).to.deep.equal(before);
  });
});
