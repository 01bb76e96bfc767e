import { X509Certificate } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as openPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, createServer, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { expect } from 'chai';
import type { Session, SessionOptions } from '../../../controller/session/index.js';
import {
  type Connection,
  type ConnectionHandler,
  connect,
  describeCertificate,
  type Listener,
  listen,
  type TcpEndpoint,
  TlsCredentials,
  type TlsFiles,
  TransportError,
} from '../../../controller/transport/index.js';
import { until } from '../../../mininet/driver/until.js';
import { FakeSwitch } from '../session/fake-switch.js';
import { rejection } from '../session/simulation.js';
import { Authority, hasOpenssl, pem } from './authority.js';
import { SwitchSocket } from './switch-socket.js';

describe('TLS', () => {
  let directory: string;
  let authority: Authority;
  let own: TlsFiles;
  let ofSwitch: TlsFiles;
  const cleanups: (() => unknown)[] = [];
  let connections: Connection[];
  let ready: Session[];
  let refused: string[];
  /** What controllers showed. */
  const subjects = new WeakMap<TLSSocket, string>();

  before(async function () {
    if (!(await hasOpenssl())) this.skip();
    directory = await mkdtemp(join(tmpdir(), 'cloakflow-tls-'));
    authority = await Authority.create(directory, 'authority');
    own = await authority.issue('controller');
    ofSwitch = await authority.issue('switch');
  });
  after(async () => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });
  beforeEach(() => {
    connections = [];
    ready = [];
    refused = [];
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const handlerFor = (connection: Connection): ConnectionHandler => {
    connections.push(connection);
    return { ready: session => ready.push(session), packetIn() {}, message() {}, closed() {} };
  };

  async function credentials(files: TlsFiles, options = {}): Promise<TlsCredentials> {
    const opened = await TlsCredentials.open(files, options);
    cleanups.push(() => opened.close());
    return opened;
  }

  async function listening(
    tls: TlsCredentials,
    session: Partial<SessionOptions> = {},
  ): Promise<{ listener: Listener; port: number }> {
    const onRefused = ({ code }: TransportError) => refused.push(code);
    const listener = await listen('pssl:0', handlerFor, { tls, session, onRefused });
    cleanups.push(() => listener.close());
    return { listener, port: (listener.endpoint as TcpEndpoint).port };
  }

  /** A switch that connects and believes any controller. */
  async function switchTo(port: number, files?: TlsFiles, extra: ConnectionOptions = {}): Promise<TLSSocket> {
    const shown = files === undefined ? {} : await pem(files);
    const socket = tlsConnect({ port, host: '127.0.0.1', ...shown, rejectUnauthorized: false, ...extra });
    cleanups.push(() => socket.destroy());
    socket.once('secureConnect', () => subjects.set(socket, socket.getPeerX509Certificate()!.subject));
    new SwitchSocket(socket, new FakeSwitch(BigInt(connections.length + 1)));
    return socket;
  }

  const sessionsReady = (count: number) => until('ready sessions', () => ready.length >= count);
  const refusals = (count: number) => until('refusals', () => refused.length >= count);

  it('serves a switch whose certificate is signed, and knows that certificate', async () => {
    const { port } = await listening(await credentials(own));
    await switchTo(port, ofSwitch);
    await sessionsReady(1);
    await ready[0]!.barrier();
    const shown = describeCertificate(new X509Certificate((await pem(ofSwitch)).cert));
    expect(connections[0]!.certificate).to.deep.equal(shown);
    expect(connections[0]!.remote).to.match(/^ssl:127\.0\.0\.1:\d+$/);
  });

  it('says of every bad certificate what is wrong with it, and goes on serving the others', async () => {
    const { port, listener } = await listening(await credentials(own));
    await switchTo(port, ofSwitch);
    await sessionsReady(1);
    const foreign = await (await Authority.create(directory, 'elsewhere')).issue('stranger');
    const expired = await authority.issue('expired', { from: '20200101000000Z', until: '20210101000000Z' });
    const early = await authority.issue('early', { from: '20480101000000Z', until: '20490101000000Z' });
    const cases: [TlsFiles | undefined, string][] = [
      [undefined, 'certificate-missing'],
      [foreign, 'certificate-foreign'],
      [expired, 'certificate-expired'],
      [early, 'certificate-not-yet-valid'],
    ];
    for (const [files, code] of cases) {
      const socket = await switchTo(port, files);
      await refusals(1);
      expect(refused.splice(0)).to.deep.equal([code]);
      await until('the close', () => socket.closed);
    }
    expect([...listener.connections]).to.have.length(1);
    await ready[0]!.barrier();
  });

  it('turns away who speaks no TLS, an old one, says nothing or goes', async () => {
    const tls = await credentials(own);
    const { port } = await listening(tls);
    const plain = SwitchSocket.connect({ port });
    cleanups.push(() => plain.socket.destroy());
    await refusals(1);
    const oldTls = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const old = await switchTo(port, ofSwitch, oldTls);
    await refusals(2);
    const impatient = await listening(tls, { handshakeTimeout: 100 });
    const silent = openPlain(impatient.port, '127.0.0.1').resume();
    cleanups.push(() => silent.destroy());
    await refusals(3);
    const rude = openPlain(port, '127.0.0.1', () => rude.resetAndDestroy());
    await refusals(4);
    expect(refused).to.deep.equal(['tls-expected', 'tls-too-old', 'tls-timeout', 'tls-failed']);
    await until('all closed', () => plain.closed && old.closed && silent.closed);
  });

  it('connects to a switch that listens, and refuses one with a foreign certificate', async () => {
    const foreign = await (await Authority.create(directory, 'foreign')).issue('stranger');
    const failures: string[] = [];
    const tls = await credentials(own);
    for (const files of [ofSwitch, foreign]) {
      const options = { ...(await pem(files)), ca: (await pem(own)).ca, requestCert: true };
      const server = createServer(options, socket => new SwitchSocket(socket));
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const connector = connect(`ssl:127.0.0.1:${(server.address() as { port: number }).port}`, handlerFor, {
        tls,
        onFailure: ({ code }) => failures.push(code),
      });
      cleanups.push(
        () => server.close(),
        () => connector.stop(),
      );
    }
    await sessionsReady(1);
    await ready[0]!.barrier();
    await until('a failure', () => failures.length > 0);
    expect(failures[0]).to.equal('certificate-foreign');
    expect(connections).to.have.length(1);
    expect(connections[0]!.certificate).to.be.an('object');
  });

  it('takes up renewed files for new connections, and keeps the good ones when new ones are broken', async () => {
    const files = {
      key: join(directory, 'live.key'),
      certificate: join(directory, 'live.pem'),
      ca: authority.certificate,
    };
    const put = async (source: TlsFiles) => {
      await copyFile(source.key, files.key);
      await copyFile(source.certificate, files.certificate);
    };
    await put(own);
    const failed: string[] = [];
    let reloads = 0;
    const tls = await credentials(files, {
      interval: 5,
      failed: (_files: TlsFiles, error: TransportError) => failed.push(error.code),
      reloaded: () => reloads++,
    });
    const { port } = await listening(tls);
    const first = await switchTo(port, ofSwitch);
    await sessionsReady(1);
    expect(subjects.get(first)).to.equal('CN=controller');

    await writeFile(files.certificate, 'half a certif');
    await until('the complaint', () => failed.length > 0);
    expect(failed[0]).to.equal('tls-file-malformed');
    const second = await switchTo(port, ofSwitch);
    await sessionsReady(2);
    expect(subjects.get(second)).to.equal('CN=controller');

    await put(await authority.issue('renewed'));
    await until('the renewal', () => reloads > 0);
    const third = await switchTo(port, ofSwitch);
    await sessionsReady(3);
    expect(subjects.get(third)).to.equal('CN=renewed');
    await Promise.all(ready.map(session => session.barrier()));
  });

  it('looks at the certificate of every connection: no session is resumed', async () => {
    const { port } = await listening(await credentials(own));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const before = ready.length;
      const first = await switchTo(port, ofSwitch, { maxVersion });
      let session = first.getSession();
      first.on('session', ticket => {
        session = ticket;
      });
      await sessionsReady(before + 1);
      await ready.at(-1)!.barrier();
      session ??= first.getSession();
      await switchTo(port, undefined, { maxVersion, session });
      await refusals(1);
      expect(refused.splice(0)).to.deep.equal(['certificate-missing']);
    }
  });

  it('names what is wrong with its own files', async () => {
    const expired = await authority.issue('late', { from: '20200101000000Z', until: '20210101000000Z' });
    const empty = join(directory, 'empty.pem');
    await writeFile(empty, '');
    const damaged = join(directory, 'damaged.pem');
    await writeFile(damaged, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
    const cases: [Partial<TlsFiles>, string][] = [
      [{ key: join(directory, 'none.key') }, 'tls-file-unreadable'],
      [{ key: empty }, 'tls-file-malformed'],
      [{ certificate: empty }, 'tls-file-malformed'],
      [{ ca: damaged }, 'tls-file-malformed'],
      [{ key: ofSwitch.key }, 'tls-key-mismatch'],
      [expired, 'certificate-expired'],
    ];
    for (const [change, code] of cases) {
      const error = await rejection(TlsCredentials.open({ ...own, ...change }));
      expect(error).to.be.instanceOf(TransportError).and.include({ code });
      expect((error as TransportError).mend).to.be.a('string');
    }
    expect(await rejection(listen('pssl:0', handlerFor))).to.include({ code: 'tls-files-missing' });
    expect(() => connect('ssl:127.0.0.1:1', handlerFor)).to.throw(TransportError);
  });

  it('closes unfinished handshakes with the listener', async () => {
    const { port, listener } = await listening(await credentials(own));
    const silent = openPlain(port, '127.0.0.1').resume();
    cleanups.push(() => silent.destroy());
    await switchTo(port, ofSwitch);
    await sessionsReady(1);
    await listener.close();
    await until('the close', () => silent.closed);
  });
});
