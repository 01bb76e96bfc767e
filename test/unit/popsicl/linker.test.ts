import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { generateKeyPair, privateKeyPem } from '../../../apps/popsicl/pki/key-pair.js';
import { makeRequest } from '../../../apps/popsicl/pki/make-request.js';
import { MIGRATIONS } from '../../../apps/popsicl/registry/schema.js';
import { openStore } from '../../../controller/store/index.js';
import { type Answer, LINKER, PORTAL, WebWorld } from './web-world.js';

type Registered = Awaited<ReturnType<WebWorld['register']>>;

/** One person's browser: two pseudonyms that are tied together, and the certificate for the linker. */
interface Person {
  a: Registered;
  b: Registered;
  tls: RequestOptions;
}

describe('the linker', () => {
  let world: WebWorld;
  let ada: Person;
  let bob: Person;

  before(async () => {
    world = await WebWorld.start();
    [ada, bob] = [await person(), await person()];
  });
  after(() => world?.close());

  async function person(): Promise<Person> {
    const a = await world.register('a.example', 'new');
    const b = await world.register('b.example', a.linker!.code);
    const { modern, password } = a.linker!.pkcs12!;
    return { a, b, tls: { pfx: Buffer.from(modern), passphrase: password } };
  }

  const link = (to: string, from?: Registered) =>
    `/?to=${encodeURIComponent(to)}${from === undefined ? '' : `&from=${from.name}&c=${from.capability}`}`;
  const target = async (path: string, tls: RequestOptions = {}) => {
    const { status, headers } = await world.linker(path, tls);
    return status === 303 ? headers.location : status;
  };

  it('leads from a pseudonym to the same person’s pseudonym for a tenant that trusts the first, path and query kept', async () => {
    const { a, b, tls } = ada;
    const at = `https://${b.name}`;
    expect(await target(link('https://b.example/', a), tls)).to.equal(`${at}/?c=${b.capability}`);
    expect(await target(link('http://B.example./x/y%20z?q=1&c=own&q=2#part', a), tls)).to.equal(
      `${at}/x/y%20z?c=${b.capability}&q=1&c=own&q=2#part`,
    );
    expect(await target(link('https://b.example:443/?', a), tls)).to.equal(`${at}/?c=${b.capability}`);
    // Everybody trusts herself.
    expect(await target(link('https://a.example/', a), tls)).to.equal(`https://${a.name}/?c=${a.capability}`);
  });

  it('leads to the plain name when an outside page sends the browser: no visit to a pseudonym follows (attack of 4.3)', async () => {
    const { a, b, tls } = ada;
    const plain = 'https://b.example/page?x=1';
    const to = encodeURIComponent(plain);
    for (const path of [
      link(plain),
      `${link(plain)}&from=${a.name}`,
      `${link(plain)}&from=${a.name}&c=`,
      `${link(plain)}&c=${a.capability}`,
      `/?to=${to}&from=${a.name}&c=${'A'.repeat(24)}`,
      `/?to=${to}&from=${a.name}&c=${a.capability.slice(0, -1)}`,
      `/?to=${to}&from=${a.name}&c=${b.capability}`,
      `/?to=${to}&from=a.example&c=${a.capability}`,
      `/?to=${to}&from=nobody&c=`,
    ]) {
      expect(await target(path, tls), path).to.equal(plain);
    }
  });

  it('leads to the plain name when the referring tenant is not trusted, though it knows its own capability', async () => {
    const evil = await world.register('evil.example', ada.a.linker!.code);
    expect(await target(link('https://b.example/', evil), ada.tls)).to.equal('https://b.example/');
    expect(await target(link('https://a.example/', ada.b), ada.tls)).to.equal('https://a.example/');
    expect(await target(link('https://evil.example/', ada.b), ada.tls)).to.equal(
      `https://${evil.name}/?c=${evil.capability}`,
    );
  });

  it('leads to the plain name for another person, for nobody, and for pseudonyms that nothing ties to a person', async () => {
    const plain = 'https://b.example/';
    expect(await target(link(plain, bob.a), ada.tls)).to.equal(plain);
    expect(await target(link(plain, ada.a))).to.equal(plain);
    const loose = await world.register('a.example');
    expect(await target(link(plain, loose), ada.tls)).to.equal(plain);
    expect(await target(link(plain, loose))).to.equal(plain);
  });

  it('leads to the plain name when she has no pseudonym there, or has it no longer', async () => {
    const a = await world.register('a.example', 'new');
    const tls = { pfx: Buffer.from(a.linker!.pkcs12!.modern), passphrase: a.linker!.pkcs12!.password };
    const go = () => target(link('https://b.example/', a), tls);
    expect(await go()).to.equal('https://b.example/');
    const b = await world.register('b.example', a.linker!.code!.toUpperCase().replaceAll('-', ' '));
    expect(await go()).to.equal(`https://${b.name}/?c=${b.capability}`);
    const newer = await world.register('b.example', a.linker!.code);
    expect(await go()).to.be.oneOf([b, newer].map(one => `https://${one.name}/?c=${one.capability}`));
    for (const { name } of [b, newer]) await world.registrar.service.revoke(name);
    expect(await go()).to.equal('https://b.example/');
    await world.registrar.service.revoke(a.name);
    expect(await go()).to.equal('https://b.example/');
  });

  it('is no open redirect: what is no page of a tenant is not found, each time alike', async () => {
    const answers: Answer[] = [];
    const strange = [
      'https://outside.example/',
      'https://b.example.outside.example/',
      'https://b.example@outside.example/',
      'https://outside.example#https://b.example/',
      'https://user:password@b.example/',
      'https://b.example:8443/',
      'http://b.example:80@outside.example/',
      '//b.example/',
      '/b.example',
      'b.example',
      'javascript:alert(1)//b.example',
      'data:text/html,b.example',
      'file://b.example/etc/passwd',
      'https:\\\\b.example\\',
      'https://b.example\\@outside.example/',
      'https://b.example/\r\nset-cookie: x=1',
      'https://b.example/\u0000',
      ' https://b.example/',
      'https://b.exa\tmple/',
      'https://[::1]/',
      'https://10.0.0.2/',
      'https://',
      '',
      'https://b.example/\u2028',
    ];
    for (const to of strange) answers.push(await world.linker(link(to, ada.a), ada.tls));
    const other = [
      '/',
      '/?to',
      '/?to=%',
      '/?to=https://b.example/&to=https://b.example/',
      `${link('https://b.example/', ada.a)}&c=x`,
      `${link('https://b.example/', ada.a)}&more=1`,
      '/?b.example/',
      '/other',
      '/../',
      '/check/x',
      `/${encodeURIComponent('?to=https://b.example/')}`,
    ];
    for (const path of other) answers.push(await world.linker(path, ada.tls));
    answers.push(await world.linker(link('https://b.example/', ada.a), { ...ada.tls, method: 'POST' }));
    answers.push(await world.linker('/', { headers: { host: 'b.example' } }));
    for (const [index, { status, headers, body }] of answers.entries()) {
      const { date: _date, ...rest } = headers;
      const { date: _first, ...alike } = answers[0]!.headers;
      expect([status, rest, body], `answer ${index}`).to.deep.equal([404, alike, answers[0]!.body]);
    }
  });

  it('keeps capabilities out of Referer and caches, and gives answers one length', async () => {
    const lengths = new Set<number>();
    for (const path of [
      link('https://b.example/', ada.a),
      link('https://b.example/'),
      link('https://nobody.example/'),
    ]) {
      const { headers, body } = await world.linker(path, ada.tls);
      expect(headers).to.include({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      expect(headers).to.not.have.any.keys('set-cookie', 'access-control-allow-origin');
      lengths.add(((headers.location as string | undefined) ?? '').length + body.length);
    }
    expect([...lengths]).to.deep.equal([1024]);
  });

  it('asks for certificates of its own alone, and takes no other for a person', async () => {
    const pseudonym = { pfx: Buffer.from(ada.a.pkcs12!.modern), passphrase: ada.a.pkcs12!.password };
    expect(await target(link('https://b.example/', ada.a), pseudonym)).to.equal('https://b.example/');
    const socket = connect({
      host: '127.0.0.1',
      port: world.registrar.linker!.port,
      servername: LINKER,
      ca: world.registrar.authorityPem,
      maxVersion: 'TLSv1.2',
    });
    const code = await new Promise(resolve => {
      socket.on('error', (error: { code?: string }) => resolve(error.code));
      socket.on('secureConnect', () => resolve('connected'));
    });
    socket.destroy();
    expect(code).to.match(/^ERR_SSL_|ECONNRESET/);
  });

  it('gives every person a key of her own, and names that are everybody’s', () => {
    const [one, other] = [ada, bob].map(({ a }) => new X509Certificate(a.linker!.certificatePem!));
    expect([one!.subject, one!.issuer]).to.deep.equal([other!.subject, other!.issuer]);
    expect(one!.publicKey.equals(other!.publicKey)).to.equal(false);
    expect(ada.a.linker!.code).to.not.equal(bob.a.linker!.code);
    expect(ada.b.linker).to.deep.equal({ name: LINKER });
  });

  it('knows a person by a key of her own, unless it is the key of her pseudonym', async () => {
    const makeKey = async () => {
      const keys = await generateKeyPair('ecdsa-p256');
      return { csr: await makeRequest(keys), key: await privateKeyPem(keys.privateKey) };
    };
    const [own, pseudonym] = [await makeKey(), await makeKey()];
    const request = { domain: 'b.example', source: 'test', linker: 'new' };
    const { service } = world.registrar;
    const { url, name, pkcs12, linker } = await service.register({
      ...request,
      csr: pseudonym.csr,
      linkerCsr: own.csr,
    });
    expect([pkcs12, linker!.pkcs12]).to.deep.equal([undefined, undefined]);
    const from = { name, capability: new URL(url).searchParams.get('c')! } as Registered;
    const tls = { cert: linker!.certificatePem!, key: own.key };
    expect(await target(link('https://b.example/', from), tls)).to.equal(url);
    const same = await service
      .register({ ...request, csr: own.csr, linkerCsr: own.csr })
      .catch(error => error.code);
    expect(same).to.equal('unsupported-key');
  });

  it('keeps of a person two hashes, and nothing when her last pseudonym has ended', async () => {
    const own = await WebWorld.start();
    try {
      const { service } = own.registrar;
      const a = await own.register('a.example', 'new');
      const b = await own.register('b.example', a.linker!.code);
      await service.revoke(a.name);
      await own.register('a.example', a.linker!.code);
      for (const { name } of await service.list(false)) {
        await service.revoke(name).catch(() => undefined);
      }
      expect(await own.register('b.example', a.linker!.code).catch(error => error.code)).to.equal(
        'unknown-code',
      );
      await own.registrar.close();
      const file = `${own.folder}/state/popsicl.db`;
      const bytes = (await readFile(file)).toString('latin1');
      for (const secret of [a.linker!.code!, a.linker!.code!.replaceAll('-', '')])
        expect(bytes).to.not.contain(secret);
      const opened = await openStore(file, MIGRATIONS);
      expect(await opened.read('SELECT * FROM person')).to.deep.equal([]);
      expect(await opened.read('SELECT person FROM pseudonym WHERE person IS NOT NULL')).to.deep.equal([]);
      await opened.close();
      expect(b.name).to.be.a('string');
    } finally {
      await own.close();
    }
  });

  it('has the same persons and certificates after a restart', async () => {
    const first = await WebWorld.start();
    const a = await first.register('a.example', 'new');
    const b = await first.register('b.example', a.linker!.code);
    await first.registrar.close();
    const second = await WebWorld.start({ folder: `${first.folder}/state` });
    try {
      const tls = { pfx: Buffer.from(a.linker!.pkcs12!.modern), passphrase: a.linker!.pkcs12!.password };
      const answer = await second.linker(link('https://b.example/', a), tls);
      expect(answer.headers.location).to.equal(`https://${b.name}/?c=${b.capability}`);
    } finally {
      await second.close();
      await first.close();
    }
  });

  it('says whether a browser is set up', async () => {
    const state = async (tls: RequestOptions) => {
      const { status, headers, body } = await world.linker('/check', tls);
      expect([status, headers['content-type']]).to.deep.equal([200, 'text/html; charset=utf-8']);
      expect(body).to.contain(`https://${PORTAL}/`);
      return /data-state="([a-z-]+)"/.exec(body)![1];
    };
    expect(await state(ada.tls)).to.equal('ready');
    expect(await state({})).to.equal('no-certificate');
    const gone = await world.register('a.example', 'new');
    await world.registrar.service.revoke(gone.name);
    const { modern, password } = gone.linker!.pkcs12!;
    expect(await state({ pfx: Buffer.from(modern), passphrase: password })).to.equal('unknown-certificate');
  });

  it('writes neither names nor capabilities into the log', () => {
    const log = world.log.join('\n');
    for (const secret of [ada.a.name, ada.a.capability, 'b.example', ada.a.linker!.code!])
      expect(log).to.not.contain(secret);
  });
});
