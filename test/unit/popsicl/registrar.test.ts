import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { registrarSchema } from '../../../apps/popsicl/registrar-config.js';
import { HERE, RegistrarWorld, TENANT } from './registrar-world.js';

describe('registrar of a cloud', () => {
  let world: RegistrarWorld;
  beforeEach(async () => {
    world = await RegistrarWorld.make();
  });
  afterEach(() => world.close());

  it('registers over HTTPS: DNS knows the pseudonym, and TLS completes with the client of it alone', async () => {
    const { directory } = await world.start();
    const register = async () => {
      const answer = await world.request('/registrations', { body: JSON.stringify({ domain: TENANT }) });
      expect(answer.status, answer.body).to.equal(201);
      expect(answer.headers).to.include({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      return JSON.parse(answer.body) as {
        name: string;
        pkcs12: { modern: string; old: string; password: string };
      };
    };
    const [p, q] = [await register(), await register()];
    const entry = directory.entry(p.name)!;
    expect(await world.addressesOf(p.name, 'A')).to.deep.equal(entry.addresses.ipv4);
    expect(await world.addressesOf(p.name, 'AAAA')).to.deep.equal(entry.addresses.ipv6);

    const { material } = world.tenant.known.get(p.name)!;
    const server = createServer({
      cert: material.certificatePem,
      key: material.keyPem,
      ca: material.anchorPem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    let completed = 0;
    server.on('secureConnection', (socket: TLSSocket) => {
      completed++;
      socket.on('error', () => {});
      socket.end('welcome');
    });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const visit = async (client: object): Promise<string> => {
      const { port } = server.address() as AddressInfo;
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername: p.name,
        ca: world.registrar.authorityPem,
        ...client,
      });
      let text = '';
      try {
        for await (const chunk of socket) text += chunk;
        return text;
      } catch (error) {
        return (error as { code: string }).code;
      } finally {
        socket.destroy();
      }
    };
    const bundle = (file: string, passphrase: string) => ({ pfx: Buffer.from(file, 'base64'), passphrase });
    try {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const only = { minVersion: version, maxVersion: version };
        expect(await visit({ ...only, ...bundle(p.pkcs12.modern, p.pkcs12.password) })).to.equal('welcome');
        const before = completed;
        expect(await visit({ ...only, ...bundle(q.pkcs12.modern, q.pkcs12.password) })).to.match(
          /^(ERR_SSL_|ECONNRESET|EPROTO|$)/,
        );
        expect(await visit(only)).to.match(/^(ERR_SSL_|ECONNRESET|EPROTO|$)/);
        expect(completed).to.equal(before);
      }
    } finally {
      server.close();
    }
  });

  it('tells nobody whose pseudonyms there are: neither log nor metrics nor errors', async () => {
    await world.start();
    const { name } = await world.registrar.service.register({ domain: TENANT, source: '203.0.113.99' });
    await world.addressesOf(name, 'A');
    const { addresses } = world.registrar.directory.entry(name)!;
    world.tenant.trouble = () => {
      throw Object.assign(new Error(`cannot reach ${TENANT} for ${name}`), { code: 'tenant-away' });
    };
    const errors: unknown[] = [];
    await world.registrar.service
      .register({ domain: TENANT, source: '203.0.113.99' })
      .catch(error => errors.push(error));
    await world.registrar.service.revoke(name);
    await world.registrar.service.revoke(name).catch(error => errors.push(error));
    await world.registrar.service
      .register({ domain: 'x', source: '203.0.113.99' })
      .catch(error => errors.push(error));
    expect(errors).to.have.length(3);
    const shown = [
      ...world.log,
      await world.metrics.text(),
      ...errors.map(error => `${(error as Error).message} ${(error as { mend: string }).mend}`),
    ].join('\n');
    expect(shown).to.contain('popsicl-withdrawal-pending').and.to.contain('cloakflow_popsicl_pseudonyms');
    for (const canary of [
      TENANT,
      name,
      name.split('.')[0]!,
      '203.0.113.99',
      '10.9.8.7',
      ...addresses.ipv4,
      ...addresses.ipv6,
    ]) {
      expect(shown).to.not.contain(canary);
    }
  });

  it('has the same authority, pseudonyms and answers after a restart', async () => {
    await world.start();
    const { name } = await world.registrar.service.register({
      domain: TENANT,
      source: 'x',
      form: 'stateless',
    });
    const before = await world.addressesOf(name, 'A');
    const root = world.registrar.authorityPem;
    await world.registrar.close();
    await world.start();
    expect(world.registrar.authorityPem).to.equal(root);
    expect(await world.addressesOf(name, 'A')).to.deep.equal(before);
    expect(world.registrar.directory.tenantOfName(name)?.domain).to.equal(TENANT);
  });

  it('says how many pseudonyms its blocks have left behind, and to the operator which', async () => {
    const { service } = await world.start();
    const request = { domain: TENANT, source: 'x' };
    const [kept, revoked] = [await service.register(request), await service.register(request)];
    const { ipv4, ipv6 } = world.registrar.directory.entry(kept.name)!.addresses;
    await service.revoke(revoked.name);
    const warnings = () => world.log.filter(line => line.includes('popsicl-outside-blocks'));
    const outside = async () =>
      (await world.registrar.service.list(false)).map(one => [one.name, one.isOutsideBlocks]);
    const restart = async (blocks: RegistrarWorld['blocks']) => {
      await world.registrar.close();
      world.blocks = blocks;
      await world.start();
    };
    const { blocks } = world;
    await restart({ ipv4: [...blocks.ipv4, '203.0.113.0/24'], ipv6: ['2001:db8::/48'] });
    expect(warnings()).to.deep.equal([]);
    expect((await outside()).map(([, is]) => is)).to.deep.equal([false, false]);
    await restart({ ipv4: blocks.ipv4, ipv6: ['2001:db8:9::/64'] });
    expect(warnings()).to.have.length(1);
    expect(JSON.parse(warnings()[0]!)).to.include({ count: 1 });
    for (const canary of [kept.name, TENANT, ...ipv4, ...ipv6]) expect(warnings()[0]).to.not.contain(canary);
    expect(await outside()).to.deep.include([kept.name, true]);
    await restart(blocks);
    expect(warnings()).to.have.length(1);
  });

  it('is told when its zone lacks the linker', () => {
    const listen = { address: '127.0.0.1', port: 53 };
    const config = (records: object) => ({
      folder: '/x',
      linker: { listen },
      dns: { listen: [listen], records },
    });
    expect(registrarSchema.safeParse(config({})).error!.issues[0]!.path).to.deep.equal([
      'dns',
      'records',
      'linker',
    ]);
    expect(registrarSchema.safeParse(config({ linker: HERE })).success).to.equal(true);
  });

  it('is told when another DNS server is to hide names whose addresses differ', () => {
    const key = { name: 'key', secretFile: '/nowhere' };
    const update = { server: { address: '127.0.0.1', port: 53 }, key, unknownNames: 'alike' };
    const parse = (addresses: object) =>
      registrarSchema.safeParse({ folder: '/nowhere', dns: { update }, addresses });
    const common = { mode: 'common' };
    expect(parse({ ipv4: common, ipv6: common }).success).to.equal(true);
    for (const addresses of [{}, { ipv4: common }, { ipv6: common }]) {
      expect(parse(addresses).error?.issues[0]?.path).to.deep.equal(['dns', 'update', 'unknownNames']);
    }
  });

  it('is told when stateless names have no room for the addresses that each shall have', () => {
    const issue = (form: string, count: number) =>
      registrarSchema.safeParse({ folder: '/x', form, addresses: { ipv6: { count } } }).error?.issues[0]
        ?.path;
    expect(issue('stateless', 2)).to.deep.equal(['form']);
    for (const [form, count] of [
      ['stateless', 1],
      ['stored', 2],
    ] as const)
      expect(issue(form, count)).to.equal(undefined);
  });

  it('is not started twice on one folder, and leaves no socket open when it cannot start', async () => {
    await world.start();
    const failure = await world.start().catch((error: { code: string }) => error);
    expect(failure).to.have.property('code', 'store-in-use');
    const { port } = world.registrar.dns!.listening[0]!;
    const taken = await world
      .start({
        folder: join(world.folder, 'other'),
        dns: { listen: [{ address: '127.0.0.1', port }], records: { linker: HERE } },
      })
      .catch((error: { code: string }) => error);
    expect(taken).to.have.property('code', 'dns-listen');
  });
});
