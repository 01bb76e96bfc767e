import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { expect } from 'chai';
import { type AdminServer, startAdminServer } from '../../../controller/api/admin-server.js';
import type { Json } from '../../../controller/openflow/index.js';
import { exampleBackend } from '../api/example-backend.js';
import { captured } from '../cli/captured.js';
import { RegistrarWorld, TENANT } from './registrar-world.js';

describe('a registrar', () => {
  let admin: AdminServer | undefined;
  let world: RegistrarWorld;
  beforeEach(async () => {
    world = await RegistrarWorld.make();
  });
  afterEach(async () => {
    await admin?.close();
    await world.close();
  });

  it('is used from the command line: register, list, renew, revoke, expire', async () => {
    await world.start();
    const path = join(world.folder, 'admin', 'admin.sock');
    admin = await startAdminServer(path, {
      ...exampleBackend(),
      callApp: (_app, call, parameters: Json) => world.registrar.call(call, parameters),
    });
    const run = (...args: string[]) => captured(['popsicl', ...args, '--admin', path]);
    const out = join(world.folder, 'keys');
    const registered = await run('register', TENANT, '--out', out, '--json');
    expect(registered.code, registered.stderr).to.equal(0);
    const { name, url, files, password } = JSON.parse(registered.stdout.toString());
    expect(url).to.contain(`https://${name}/?c=`);
    for (const file of await readdir(out))
      expect((await stat(join(out, file))).mode & 0o077, file).to.equal(0);
    const pfx = await readFile(files.pkcs12.modern);
    expect(() => createSecureContext({ pfx, passphrase: password })).to.not.throw();
    expect(() => createSecureContext({ pfx, passphrase: 'wrong' })).to.throw();
    expect(await readFile(files.authority, 'utf8')).to.equal(world.registrar.authorityPem);

    const text = (await run('register', TENANT, '--out', out)).stdout.toString();
    expect(text)
      .to.match(/password {3}([a-z2-7]{5}-){3}/)
      .and.to.contain('curl --cacert');

    const linked = (await run('register', TENANT, '--out', out, '--linker')).stdout.toString();
    const code = /code {7}([a-z2-7-]{31}) /.exec(linked)![1]!;
    expect(linked).to.match(/linker {5}\S+-linker\.p12/);
    const second = await run('register', TENANT, '--out', out, '--linker', code, '--json');
    expect(JSON.parse(second.stdout.toString())).to.not.have.property('code');
    expect((await run('register', TENANT, '--out', out, '--linker', 'new')).stderr).to.contain(
      '[unknown-code]',
    );

    const listed = (await run('list')).stdout.toString();
    expect(listed).to.contain(name).and.to.not.contain(TENANT);
    expect(listed)
      .to.match(/ active .* inside /)
      .and.to.not.contain('outside');
    expect((await run('list', '--unseal')).stdout.toString()).to.contain(TENANT);
    expect((await run('renew', name)).stdout.toString()).to.match(/^renewed until 20/);
    expect((await run('revoke', name.toUpperCase())).stdout.toString()).to.equal('revoked\n');
    expect((await run('revoke', name)).stderr).to.contain('[not-active]');
    expect((await run('renew', 'nobody')).code).to.equal(1);
    expect((await run('expire')).stdout.toString()).to.equal('0 expired\n');
    expect((await run('register', 'nobody.example', '--out', out)).stderr).to.contain('[declined]');
    expect((await run('register', TENANT, '--csr', join(world.folder, 'missing'))).code).to.equal(1);
    expect((await run('register', TENANT, '--form', 'other')).code).to.equal(2);
  });
});
