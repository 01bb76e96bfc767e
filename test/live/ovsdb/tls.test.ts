import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { OvsdbClient, type TlsFiles } from '../../../controller/ovsdb/index.js';
import { runCommand } from '../../../mininet/driver/index.js';
import { rejection } from '../../unit/ovsdb/fake-server.js';
import { OvsdbProcess } from './ovsdb-process.js';

/** Makes an authority by ovs-pki in `directory/name`, and certificates that it signed. */
async function authority(directory: string, name: string, certificates: readonly string[]) {
  const pki = join(directory, name);
  const pkiCommand = (args: string[]) =>
    runCommand(['ovs-pki', `--dir=${pki}`, `--log=${join(directory, 'pki.log')}`, ...args], {
      check: true,
      cwd: directory,
    });
  await pkiCommand(['--force', 'init']);
  for (const certificate of certificates) await pkiCommand(['--batch', 'req+sign', certificate, 'switch']);
  return join(pki, 'switchca', 'cacert.pem');
}

describe('OVSDB over TLS with certificates of ovs-pki', () => {
  let server: OvsdbProcess;
  let endpoint: string;
  let own: TlsFiles;
  let foreign: TlsFiles;
  before(async () => {
    server = await OvsdbProcess.start();
    const { directory } = server;
    const file = (name: string) => join(directory, name);
    const ca = await authority(directory, 'pki', ['server', 'client']);
    await authority(directory, 'foreign-pki', ['stranger']);
    own = { privateKey: file('client-privkey.pem'), certificate: file('client-cert.pem'), caCertificate: ca };
    foreign = {
      privateKey: file('stranger-privkey.pem'),
      certificate: file('stranger-cert.pem'),
      caCertificate: ca,
    };
    await server.kill();
    await server.run([
      '--remote=pssl:0:127.0.0.1',
      `--private-key=${file('server-privkey.pem')}`,
      `--certificate=${file('server-cert.pem')}`,
      `--ca-cert=${ca}`,
    ]);
    endpoint = `ssl:127.0.0.1:${await server.port()}`;
  });
  after(() => server.stop());

  it('works between two sides that one authority signed', async () => {
    using client = await OvsdbClient.open(endpoint, { tls: own });
    expect(await client.listDatabases()).to.include('Open_vSwitch');
  });

  it('refuses a server that another authority signed', async () => {
    const caCertificate = join(server.directory, 'foreign-pki', 'switchca', 'cacert.pem');
    const error = await rejection(OvsdbClient.open(endpoint, { tls: { ...own, caCertificate } }));
    expect(error).to.include({ code: 'connect-failed' });
  });

  it('is refused by the server with a certificate of another authority', async () => {
    const attempt = OvsdbClient.open(endpoint, { tls: foreign }).then(async client => {
      // TLS 1.3 lets the client believe in the connection until the server has looked at its certificate.
      using opened = client;
      await opened.listDatabases({ timeout: 5_000 });
    });
    expect((await rejection(attempt)).code).to.be.oneOf(['connect-failed', 'connection-lost', 'timed-out']);
  });

  it('says which files it needs and which it cannot read', async () => {
    expect(await rejection(OvsdbClient.open(endpoint))).to.include({ code: 'bad-endpoint' });
    const missing = { ...own, privateKey: join(server.directory, 'none.pem') };
    const error = await rejection(OvsdbClient.open(endpoint, { tls: missing }));
    expect(error).to.include({ code: 'bad-endpoint' });
    expect(error.message).to.contain('none.pem');
  });

  it('takes up renewed files at the next connection', async () => {
    const tls = { ...own, certificate: join(server.directory, 'renewed-cert.pem') };
    expect(await rejection(OvsdbClient.open(endpoint, { tls }))).to.include({ code: 'bad-endpoint' });
    using client = new OvsdbClient(endpoint, { tls, backoff: { min: 5, max: 20 } });
    const databases = client.listDatabases();
    await runCommand(['cp', own.certificate, `${tls.certificate}.new`], { check: true });
    await rename(`${tls.certificate}.new`, tls.certificate);
    expect(await databases).to.include('Open_vSwitch');
  });
});
