import { rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createRelay, connect as dial } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PseudonymFolder } from '../../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { RunningCommand } from '../../../../mininet/driver/index.js';
import { CAPABILITY, listening } from '../../../unit/popsicl/web/web-client.js';
import { selfSigned } from '../tenant/nginx-process.js';
import { CLOUD, type Kit, KitMaker, temporaryFolder } from '../tenant/pseudonym-kit.js';

const CLI = fileURLToPath(new URL('../../../../controller/cli/main.js', import.meta.url));
const C = `c=${CAPABILITY}`;
/** TLS 1.3 with AES-GCM or ChaCha20: header, content type, tag. */
const RECORD_OVERHEAD = 5 + 1 + 16;

/** What a record carries: application data, as its length on the wire tells it. */
function applicationRecords(bytes: Buffer): number[] {
  const sizes: number[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
    if (bytes[at] === 0x17) sizes.push(5 + bytes.readUInt16BE(at + 3));
  }
  return sizes;
}

/** A wire with somebody at it. */
class Observer implements AsyncDisposable {
  readonly port: number;
  private readonly server: Server;
  private readonly chunks: Buffer[];

  private constructor(server: Server, port: number, chunks: Buffer[]) {
    [this.server, this.port, this.chunks] = [server, port, chunks];
  }

  static async between(target: number): Promise<Observer> {
    const chunks: Buffer[] = [];
    const server = createRelay(client => {
      const other = dial(target, '127.0.0.1');
      let flights = 0;
      client.on('data', () => {
        // The second flight of the client ends the handshake, and has its request.
        if (++flights === 2) chunks.length = 0;
      });
      other.on('data', chunk => chunks.push(chunk));
      pipeline(client, other, client, () => {});
    }) as unknown as Server;
    return new Observer(server, await listening(server), chunks);
  }

  /** What the server has sent since the handshake. */
  answered(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise(resolve => this.server.close(resolve));
  }
}

describe('a server of any kind behind cloakflow tenant web, with TLS and the defence', () => {
  let folder: string;
  let upstream: Server;
  let proxy: RunningCommand;
  let port: number;
  let [p, q]: Kit[] = [];

  before(async () => {
    folder = temporaryFolder();
    const maker = await KitMaker.create();
    [p, q] = await Promise.all([maker.make('p1'), maker.make('q1')]);
    const store = new PseudonymFolder(join(folder, 'store'));
    for (const kit of [p!, q!]) {
      await store.put(kit.material);
      await writeFile(join(folder, 'store', `${kit.name}.capability`), CAPABILITY);
    }
    const decoy = selfSigned(folder, 'decoy');
    upstream = createServer((request, response) => {
      const size = Number(request.url!.slice(1)) || 0;
      response.writeHead(200, { 'Content-Type': 'image/x', 'X-Seen': request.url! }).end('x'.repeat(size));
    });
    const behind = await listening(upstream);
    proxy = await RunningCommand.spawn([
      ...[process.execPath, CLI, 'tenant', 'web', '--upstream', `http://127.0.0.1:${behind}`],
      ...['--listen', '127.0.0.1:0', '--domain', CLOUD, '--capabilities', join(folder, 'store'), '--defence'],
      ...[
        '--pseudonyms',
        join(folder, 'store'),
        '--decoy-certificate',
        decoy.cert,
        '--decoy-key',
        decoy.key,
        '--json',
      ],
    ]);
    port = Number((await proxy.printed(/"port":(\d+)/))[1]);
  });
  after(async () => {
    await proxy?.stop();
    upstream?.close();
    await rm(folder, { recursive: true, force: true });
  });

  interface Ask {
    kit?: Kit;
    host?: string;
    client?: Kit['client'];
    head?: string;
  }

  /** One request; what its answer is, and what an observer has seen of it. */
  async function ask(path: string, { kit = p!, host = kit.name, client = kit.client, head = '' }: Ask = {}) {
    let text = '';
    await using observer = await Observer.between(port);
    await new Promise<void>(resolve => {
      const socket = connect(
        {
          ...{ host: '127.0.0.1', port: observer.port, servername: kit.name, rejectUnauthorized: false },
          ...{ minVersion: 'TLSv1.3', ...client },
        },
        () => socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${head}Connection: close\r\n\r\n`),
      );
      socket.on('data', chunk => {
        text += String(chunk);
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
    return { text, records: applicationRecords(observer.answered()) };
  }

  it('answers owners, refuses others, and passes the request on without its capability', async () => {
    expect((await ask(`/5?${C}`)).text).to.match(/^HTTP\/1.1 200 .*X-Seen: \/5\r\n.*xxxxx$/s);
    expect((await ask('/5')).text).to.match(/^HTTP\/1.1 404 /);
    expect((await ask(`/5?${C}`, { client: q!.client })).text).to.equal('');
    expect((await ask(`/5?${C}`, { host: q!.name })).text).to.match(/^HTTP\/1.1 421 /);
    const upgrade = 'Upgrade: x\r\nConnection: Upgrade\r\n';
    expect((await ask(`/5?${C}`, { host: q!.name, head: upgrade })).text).to.equal('');
  });

  it('sends records of multiples of 512 bytes, and an alert', async () => {
    for (const path of ['/0', '/1', '/700', '/40000', '/none']) {
      for (const head of ['', 'Popsicl-Pieces: 2\r\n']) {
        const { records } = await ask(`${path}?${C}`, { head });
        // Session tickets, which nobody can use, end the handshake; an alert ends the connection.
        const sent = records.map(size => size - RECORD_OVERHEAD).filter(size => size > 100);
        expect(sent).to.not.have.length(0);
        for (const size of sent) expect(size % 512, `${path} ${head}`).to.equal(0);
        expect(records.length - sent.length).to.be.at.most(3);
      }
    }
  });
});
