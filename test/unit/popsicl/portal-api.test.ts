import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto';
import { Utf8String } from 'asn1js';
import { expect } from 'chai';
import { AttributeTypeAndValue, CertificationRequest } from 'pkijs';
import { registerAtPortal } from '../../../apps/popsicl/portal/portal-client.js';
import { type PortalAnswer, RegistrarWorld, TENANT } from './registrar-world.js';

const codeOf = ({ body }: PortalAnswer) => (JSON.parse(body) as { error: { code: string } }).error.code;

describe('the portal’s JSON API', () => {
  let world: RegistrarWorld;
  beforeEach(async () => {
    world = await RegistrarWorld.make();
  });
  afterEach(() => world.close());

  it('says what is wrong with a request, in JSON and without repeating it', async () => {
    await world.start({ perSource: 1000 });
    for (const [body, type, status, code] of [
      ['', 'application/json', 400, 'bad-request'],
      ['{', 'application/json', 400, 'bad-request'],
      ['[]', 'application/json', 400, 'bad-request'],
      ['{"domain": 5}', 'application/json', 400, 'bad-request'],
      ['{"domain": ""}', 'application/json', 400, 'bad-request'],
      [`{"domain": "${TENANT}", "canary-member": 1}`, 'application/json', 400, 'bad-request'],
      [`{"domain": "${TENANT}", "form": "canary"}`, 'application/json', 400, 'bad-request'],
      [`{"domain": "${TENANT}", "csr": "canary"}`, 'application/json', 400, 'bad-request-certificate'],
      [`{"domain": "${TENANT}", "csr": "${'c'.repeat(9000)}"}`, 'application/json', 400, 'bad-request'],
      ['{"domain": "canary.example"}', 'application/json; charset=utf-8', 404, 'declined'],
      [`{"domain": "${TENANT}"}`, 'text/plain', 415, 'unsupported-media-type'],
      [`{"domain": "${TENANT}"}`, '', 415, 'unsupported-media-type'],
      ['x'.repeat(20_000), 'application/json', 413, 'too-large'],
    ] as const) {
      const answer = await world.request('/registrations', { body, type });
      expect([answer.status, codeOf(answer)], body.slice(0, 50)).to.deep.equal([status, code]);
      expect(answer.body).to.not.contain('canary').and.to.not.contain(TENANT);
      expect(answer.headers).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    }
    for (const [path, method] of [
      ['/registrations', 'GET'],
      ['/registrations/canary', 'POST'],
      ['/../../etc/passwd', 'GET'],
    ] as const) {
      expect(codeOf(await world.request(path, { method })), path).to.equal('not-found');
    }
    const ca = await world.request('/ca.pem', { method: 'GET' });
    expect([ca.status, ca.body]).to.deep.equal([200, world.registrar.authorityPem]);
    expect(world.registrar.service.size).to.equal(0);
  });

  it('limits what a source may register, and says when to come again', async () => {
    await world.start({ perSource: 2 });
    const answers = [];
    for (let count = 0; count < 3; count++) {
      answers.push(await world.request('/registrations', { body: '{"domain": "nobody.example"}' }));
    }
    expect(answers.map(answer => answer.status)).to.deep.equal([404, 404, 429]);
    expect(answers[2]!.headers).to.have.property('retry-after', '60');
  });

  it('hides errors of its own from clients and tells the operator', async () => {
    await world.start();
    world.tenant.trouble = () => {
      throw new Error('never reaches anybody');
    };
    const failed = await world.request('/registrations', { body: `{"domain": "${TENANT}"}` });
    expect([failed.status, codeOf(failed)]).to.deep.equal([503, 'distribution-failed']);
    world.tenant.trouble = (_call, act) => act();
    (world.registrar.service as unknown as { register: () => never }).register = () => {
      throw new TypeError('broken inside');
    };
    const broken = await world.request('/registrations', { body: `{"domain": "${TENANT}"}` });
    expect([broken.status, codeOf(broken)]).to.deep.equal([500, 'internal']);
    expect(broken.body).to.not.contain('broken inside');
    expect(world.log.join()).to.contain('popsicl-portal-failed').and.to.contain('broken inside');
  });

  it('is trusted by its own CA only, and under its own names', async () => {
    await world.start();
    const url = (host: string) => `https://${host}:${world.registrar.portal!.port}`;
    const failure = async (host: string, authorityPem: string | undefined) =>
      registerAtPortal({ url: url(host), authorityPem }, { domain: TENANT }).then(
        () => 'registered',
        (error: { code: string }) => error.code,
      );
    expect(await failure('127.0.0.1', undefined)).to.equal('portal-untrusted');
    expect(await failure('127.0.0.1', world.registrar.authorityPem)).to.equal('portal-untrusted');
    expect(
      await registerAtPortal({ url: 'http://127.0.0.1' }, { domain: TENANT }).catch(
        (error: { code: string }) => error.code,
      ),
    ).to.equal('bad-request');
  });

  it('writes nothing when a request brings its own key, but the certificate', async () => {
    await world.start();
    const keys = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ])) as webcrypto.CryptoKeyPair;
    const csr = new CertificationRequest();
    csr.subject.typesAndValues.push(
      new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: 'x' }) }),
    );
    await csr.subjectPublicKeyInfo.importKey(keys.publicKey as never);
    await csr.sign(keys.privateKey as never, 'SHA-256');
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(csr.toSchema().toBER()).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    const answer = await world.request('/registrations', {
      body: JSON.stringify({ domain: TENANT, csr: pem }),
    });
    expect(answer.status, answer.body).to.equal(201);
    const body = JSON.parse(answer.body);
    expect(body).to.have.keys(['name', 'url', 'expires', 'certificate', 'authority']);
    const own = createPrivateKey({
      key: Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
      format: 'der',
      type: 'pkcs8',
    });
    expect(new X509Certificate(body.certificate).checkPrivateKey(own)).to.equal(true);
  });
});
