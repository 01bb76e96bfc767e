import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ServerMaterial } from '../../../apps/popsicl/model.js';
import { openAuthority } from '../../../apps/popsicl/pki/authority-store.js';
import type { CloudAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import {
  issueClientCredential,
  issueCloudServer,
  issueServerMaterial,
} from '../../../apps/popsicl/pki/issue.js';
import type { KeyType } from '../../../apps/popsicl/pki/key-pair.js';
import { drawPassword, makePkcs12, type Pkcs12Form } from '../../../apps/popsicl/pki/pkcs12.js';
import { command } from './command.js';

const DAY = 24 * 60 * 60 * 1000;
const DOMAIN = 'popsicls.test';
const P = `p${'a'.repeat(25)}.${DOMAIN}`;
const Q = `q${'b'.repeat(60)}.${DOMAIN}`;

describe('certificates of pseudonyms, as OpenSSL sees them', () => {
  let folder: string;
  let authority: CloudAuthority;
  const validity = { from: Date.now(), until: Date.now() + 30 * DAY };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-pki-'));
    authority = await openAuthority(
      { folder: join(folder, 'ca'), domain: DOMAIN, keyType: 'ecdsa-p256' },
      Date.now(),
    );
    await file('root.pem', authority.rootPem);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function file(name: string, contents: string | Uint8Array): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, contents, { mode: 0o600 });
    return path;
  }

  /** What `openssl verify` says of a certificate against one anchor, and nothing else. */
  async function verify(anchor: string, certificate: string, args: readonly string[] = []): Promise<string> {
    const { stdout, stderr } = await command('openssl', [
      'verify',
      '-x509_strict',
      '-no-CApath',
      '-no-CAstore',
      '-CAfile',
      await file('anchor.pem', anchor),
      ...args,
      await file('certificate.pem', certificate),
    ]);
    return stdout.includes(': OK') ? 'OK' : (/error \d+ [^\n]*: ([^\n]*)/.exec(stderr)?.[1] ?? stderr);
  }

  async function pair(name: string, keyType: KeyType): Promise<{ material: ServerMaterial; client: string }> {
    const material = await issueServerMaterial(authority, name, keyType, validity);
    const credential = await issueClientCredential(material, keyType, undefined);
    return { material, client: credential.certificatePem };
  }

  for (const keyType of ['ecdsa-p256', 'rsa-2048'] as const) {
    it(`hold where they should and nowhere else (${keyType})`, async () => {
      const p = await pair(P, keyType);
      const q = await pair(Q, keyType);
      for (const [name, { material, client }] of [
        [P, p],
        [Q, q],
      ] as const) {
        const asServer = ['-purpose', 'sslserver', '-verify_hostname', name];
        expect(await verify(authority.rootPem, material.certificatePem, asServer)).to.equal('OK');
        expect(await verify(material.anchorPem, client, ['-purpose', 'sslclient'])).to.equal('OK');
      }
      // Another pseudonym's certificate, alone and with its server certificate as chain.
      expect(await verify(p.material.anchorPem, q.client)).to.not.equal('OK');
      const chain = await file('chain.pem', q.material.certificatePem);
      expect(await verify(p.material.anchorPem, q.client, ['-untrusted', chain])).to.not.equal('OK');
      // The chain that opens everything where the cloud CA is trusted for clients is none by itself either.
      expect(await verify(authority.rootPem, q.client, ['-untrusted', chain])).to.not.equal('OK');
      expect(await verify(authority.rootPem, p.client)).to.not.equal('OK');
      expect(await verify(p.material.anchorPem, p.client, ['-purpose', 'sslserver'])).to.not.equal('OK');
      expect(
        await verify(authority.rootPem, p.material.certificatePem, ['-purpose', 'sslclient']),
      ).to.not.equal('OK');
      expect(
        await verify(authority.rootPem, p.material.certificatePem, ['-verify_hostname', Q]),
      ).to.not.equal('OK');
    });
  }

  it('are on one key, of which the client certificate names the pseudonym as issuer byte for byte', async () => {
    const { material, client } = await pair(P, 'ecdsa-p256');
    const [server, anchor, own] = [material.certificatePem, material.anchorPem, client].map(
      pem => new X509Certificate(pem),
    );
    expect(server!.publicKey.equals(anchor!.publicKey)).to.equal(true);
    expect(own!.publicKey.equals(server!.publicKey)).to.equal(false);
    expect(server!.checkPrivateKey(createPrivateKey(material.keyPem))).to.equal(true);
    expect(server!.subject).to.equal(`CN=${P}`);
    expect(server!.subjectAltName).to.equal(`DNS:${P}`);
    expect([own!.issuer, anchor!.subject]).to.deep.equal([server!.subject, server!.subject]);
    const text = async (pem: string) => (await command('openssl', ['x509', '-noout', '-text'], pem)).stdout;
    const keyId = (of: string, where: string) =>
      new RegExp(`${where} Key Identifier: *\\n *([0-9A-F:]+)`).exec(of)?.[1];
    const [serverText, anchorText, clientText] = [
      await text(material.certificatePem),
      await text(material.anchorPem),
      await text(client),
    ];
    expect(keyId(serverText, 'Subject')).to.be.a('string').that.equals(keyId(anchorText, 'Subject'));
    expect(keyId(clientText, 'Authority')).to.equal(keyId(anchorText, 'Subject'));
    expect(keyId(serverText, 'Authority')).to.equal(keyId(await text(authority.rootPem), 'Subject'));
    for (const of of [serverText, clientText]) {
      expect(of)
        .to.contain('CA:FALSE')
        .and.to.match(/Key Usage: critical\n *Digital Signature\n/);
      expect(of).to.not.contain('DirName');
    }
    expect(anchorText)
      .to.contain('CA:TRUE')
      .and.to.match(/Key Usage: critical\n *Certificate Sign\n/);
    expect(anchorText).to.not.contain('Extended Key Usage');
  });

  it('come from an authority that certifies names of its cloud only', async () => {
    const inside = await issueCloudServer(authority, [`portal.${DOMAIN}`], 'ecdsa-p256', validity);
    const outside = await issueCloudServer(authority, ['www.example.org'], 'ecdsa-p256', validity);
    expect(await verify(authority.rootPem, inside.certificatePem)).to.equal('OK');
    expect(await verify(authority.rootPem, outside.certificatePem)).to.equal('permitted subtree violation');
    for (const address of ['192.0.2.1', '2001:db8::1']) {
      const words = ['-CA', join(folder, 'ca/ca.pem'), '-CAkey', join(folder, 'ca/ca-key.pem'), '-nodes'];
      const { stdout } = await command('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', ...words],
        ...[
          '-keyout',
          join(folder, 'address.key'),
          '-subj',
          '/CN=x',
          '-addext',
          `subjectAltName=IP:${address}`,
        ],
        ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'keyUsage=digitalSignature'],
      ]);
      expect(await verify(authority.rootPem, stdout), address).to.equal('excluded subtree violation');
    }
  });

  it("are issued for a client's own key once its request proves that she has it", async () => {
    const { material } = await pair(P, 'ecdsa-p256');
    for (const algorithm of [
      ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
      ['rsa:2048'],
    ]) {
      const key = join(folder, 'own-key.pem');
      const { stdout } = await command('openssl', [
        ...[
          'req',
          '-new',
          '-newkey',
          ...algorithm,
          '-nodes',
          '-keyout',
          key,
          '-subj',
          '/CN=whatever/O=ignored',
        ],
      ]);
      const credential = await issueClientCredential(material, 'ecdsa-p256', stdout);
      expect(credential.privateKey).to.equal(undefined);
      expect(await verify(material.anchorPem, credential.certificatePem, ['-purpose', 'sslclient'])).to.equal(
        'OK',
      );
      const certificate = new X509Certificate(credential.certificatePem);
      expect(certificate.checkPrivateKey(createPrivateKey(await readFile(key)))).to.equal(true);
      expect(certificate.subject).to.not.contain('ignored');
    }
  });

  it('are refused for requests that prove nothing, and for weak keys', async () => {
    const { material } = await pair(P, 'ecdsa-p256');
    const codeOf = async (request: string) =>
      issueClientCredential(material, 'ecdsa-p256', request).then(
        () => 'issued',
        (error: { code?: string }) => error.code,
      );
    const request = async (...algorithm: string[]) =>
      (
        await command('openssl', [
          ...['req', '-new', '-newkey', ...algorithm, '-nodes', '-keyout', '/dev/null', '-subj', '/CN=x'],
        ])
      ).stdout;
    const good = await request('ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
    const der = Buffer.from(good.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    // The last bytes belong to the signature.
    der[der.length - 1]! ^= 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(await codeOf(good)).to.equal('issued');
    expect(await codeOf(forged)).to.equal('bad-request-certificate');
    expect(await codeOf(good + good)).to.equal('bad-request-certificate');
    expect(await codeOf('')).to.equal('bad-request-certificate');
    expect(await codeOf('x'.repeat(10_000))).to.equal('bad-request-certificate');
    expect(await codeOf(material.certificatePem)).to.equal('bad-request-certificate');
    expect(await codeOf(await request('rsa:1024'))).to.equal('unsupported-key');
    expect(await codeOf(await request('ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'))).to.equal(
      'unsupported-key',
    );
    expect(await codeOf(await request('ed25519'))).to.equal('unsupported-key');
    for (let length = 1; length < der.length; length += 7) {
      const cut = der.subarray(0, length).toString('base64');
      const text = `-----BEGIN CERTIFICATE REQUEST-----\n${cut}\n-----END CERTIFICATE REQUEST-----\n`;
      expect(await codeOf(text)).to.equal('bad-request-certificate');
    }
  });

  describe('in PKCS#12', () => {
    async function bundle(form: Pkcs12Form, keyType: KeyType) {
      const material = await issueServerMaterial(authority, P, keyType, validity);
      const credential = await issueClientCredential(material, keyType, undefined);
      const password = drawPassword();
      const { privateKey, certificate } = credential;
      const bytes = await makePkcs12(form, privateKey!, certificate, `PoPSiCl ${P}`, password);
      return { credential, password, path: await file('client.p12', bytes) };
    }

    for (const form of ['modern', 'old'] as const) {
      for (const keyType of ['ecdsa-p256', 'rsa-2048'] as const) {
        it(`open with the password and with no other (${form}, ${keyType})`, async () => {
          const { credential, password, path } = await bundle(form, keyType);
          expect(password).to.match(/^([a-z2-7]{5}-){3}[a-z2-7]{5}$/);
          const legacy = form === 'old' ? ['-legacy'] : [];
          const open = (pass: string) =>
            command('openssl', [
              'pkcs12',
              '-in',
              path,
              '-info',
              '-nodes',
              ...legacy,
              '-passin',
              `pass:${pass}`,
            ]);
          const { stdout, stderr, code } = await open(password);
          expect(code, stderr).to.equal(0);
          expect(new X509Certificate(stdout.slice(stdout.indexOf('-----BEGIN CERT'))).toString()).to.equal(
            new X509Certificate(credential.certificatePem).toString(),
          );
          const key = createPrivateKey(/-----BEGIN PRIVATE KEY[\s\S]*?END PRIVATE KEY-----/.exec(stdout)![0]);
          expect(new X509Certificate(credential.certificatePem).checkPrivateKey(key)).to.equal(true);
          expect(stdout).to.contain(`friendlyName: PoPSiCl ${P}`);
          expect(stderr).to.contain(form === 'old' ? 'pbeWithSHA1And3-KeyTripleDES-CBC' : 'AES-256-CBC');
          expect(stderr).to.contain(form === 'old' ? 'MAC: sha1' : 'MAC: sha256');
          expect((await open(`${password}x`)).code).to.not.equal(0);
        });

        it(`are imported by NSS, the library of Firefox and Chromium (${form}, ${keyType})`, async function () {
          const { password, path } = await bundle(form, keyType);
          const database = `sql:${join(folder, `nss-${form}-${keyType}`)}`;
          await mkdir(database.slice(4));
          const made = await command('certutil', ['-d', database, '-N', '--empty-password']).catch(
            () => undefined,
          );
          if (made === undefined) return this.skip();
          const imported = await command('pk12util', ['-d', database, '-i', path, '-W', password, '-K', '']);
          expect(imported.code, imported.stdout + imported.stderr).to.equal(0);
          const { stdout } = await command('certutil', ['-d', database, '-K']);
          expect(stdout).to.contain(`PoPSiCl ${P}`);
        });
      }
    }
  });

  describe('and their authority', () => {
    const options = (name: string) => ({
      folder: join(folder, name),
      domain: DOMAIN,
      keyType: 'ecdsa-p256' as const,
    });

    it('is made once, with a key for its owner alone', async () => {
      const first = await openAuthority(options('made'), Date.now());
      const again = await openAuthority(options('made'), Date.now());
      expect(again.rootPem).to.equal(first.rootPem);
      expect(((await stat(join(folder, 'made', 'ca-key.pem'))).mode & 0o777).toString(8)).to.equal('600');
      expect(((await stat(join(folder, 'made'))).mode & 0o777).toString(8)).to.equal('700');
    });

    it('is not replaced when its key is lost, and is when only a key was written before a crash', async () => {
      await openAuthority(options('lost'), Date.now());
      await rm(join(folder, 'lost', 'ca-key.pem'));
      const failure = await openAuthority(options('lost'), Date.now()).catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'bad-authority');
      await openAuthority(options('half'), Date.now());
      await rm(join(folder, 'half', 'ca.pem'));
      expect((await openAuthority(options('half'), Date.now())).rootPem).to.contain('BEGIN CERTIFICATE');
    });

    it('may be brought by the operator, below a root of her own', async () => {
      const at = (name: string) => join(folder, name);
      const run = async (...args: string[]) => {
        const { code, stderr } = await command('openssl', args);
        expect(code, stderr).to.equal(0);
      };
      const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      const extensions = await file(
        'ca.cnf',
        'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n',
      );
      await run(
        'req',
        '-x509',
        ...newKey,
        '-keyout',
        at('root-key.pem'),
        '-out',
        at('own-root.pem'),
        '-subj',
        '/CN=Own root',
        '-addext',
        'keyUsage=critical,keyCertSign',
      );
      await run(
        'req',
        '-new',
        ...newKey,
        '-keyout',
        at('sub-key.pem'),
        '-out',
        at('sub.csr'),
        '-subj',
        '/CN=Own cloud',
      );
      await run(
        'x509',
        '-req',
        '-in',
        at('sub.csr'),
        '-CA',
        at('own-root.pem'),
        '-CAkey',
        at('root-key.pem'),
        '-CAcreateserial',
        '-out',
        at('sub.pem'),
        '-extfile',
        extensions,
        '-days',
        '90',
      );
      const chain = (await readFile(at('sub.pem'), 'utf8')) + (await readFile(at('own-root.pem'), 'utf8'));
      const brought = { certificate: await file('bundle.pem', chain), key: at('sub-key.pem') };
      const own = await openAuthority({ ...options('unused'), brought }, Date.now());
      const material = await issueServerMaterial(own, P, 'ecdsa-p256', validity);
      const untrusted = await file('served.pem', material.certificatePem);
      expect(await verify(own.rootPem, material.certificatePem, ['-untrusted', untrusted])).to.equal('OK');
      expect(own.rootPem).to.equal(await readFile(at('own-root.pem'), 'utf8'));

      const codeOf = async (certificate: string, key: string, now = Date.now()) =>
        openAuthority({ ...options('unused'), brought: { certificate, key } }, now).then(
          () => 'opened',
          (error: { code?: string; message: string }) => `${error.code}: ${error.message.split(': ')[1]}`,
        );
      expect(await codeOf(at('sub.pem'), at('sub-key.pem'))).to.match(/^bad-authority: its chain must end/);
      expect(await codeOf(brought.certificate, at('root-key.pem'))).to.match(/do not match$/);
      expect(await codeOf(brought.certificate, at('sub-key.pem'), Date.now() + 100 * DAY)).to.match(
        /has expired$/,
      );
      expect(await codeOf(at('sub-key.pem'), at('sub-key.pem'))).to.match(/holds no certificate$/);
      const leaf = await file('leaf.pem', material.certificatePem);
      expect(await codeOf(leaf, await file('leaf-key.pem', material.keyPem))).to.match(/CA:TRUE/);
      await chmod(brought.key, 0o600);
    });
  });
});
