import type { RunningCommand, SandboxHost } from '../../../mininet/driver/index.js';

/**
 * A TLS client that does what lines on its standard input say, and prints what happens. Connections have names.
 *
 *     connect NAME ADDRESS LOCAL-PORT    TCP only; prints `connected NAME`
 *     tls NAME                           the TLS handshake over it; prints `secure NAME`
 *     split NAME PIECES [PAUSE]          as `tls`, with the ClientHello cut into so many segments, milliseconds apart
 *     begin NAME                         the first bytes of a ClientHello, and no more; prints `begun NAME`
 *     halve NAME                         as `tls`, but sends half of the ClientHello; prints `halved NAME`
 *     rest NAME                          sends the other half
 *     get NAME PATH                      an HTTP/1.1 request; prints `body NAME LENGTH SHA256` at its end
 *     reset NAME                         ends the connection by RST
 *     close NAME
 */
const PROGRAM = `
const net = require('net'), tls = require('tls'), crypto = require('crypto'), { Duplex } = require('stream');
const [serverName] = process.argv.slice(1);
const raw = new Map(), secure = new Map(), rests = new Map();
const say = (...words) => console.log(words.join(' '));
const commands = {
  connect(name, address, port) {
    const socket = net.connect({ host: address, port: 443, localPort: Number(port) || undefined, noDelay: true });
    socket.on('connect', () => say('connected', name));
    socket.on('error', error => say('failed', name, error.code));
    socket.on('close', () => say('closed', name));
    raw.set(name, socket);
  },
  tls(name) { secured(name, raw.get(name)); },
  split(name, pieces, pause = 5) {
    const socket = raw.get(name);
    let first = true;
    const wire = new Duplex({
      read() {},
      async write(chunk, _, done) {
        if (!first) return socket.write(chunk, done);
        first = false;
        const size = Math.ceil(chunk.length / pieces);
        for (let at = 0; at < chunk.length; at += size) {
          await new Promise(resolve => socket.write(chunk.subarray(at, at + size), resolve));
          await new Promise(resolve => setTimeout(resolve, Number(pause)));
        }
        done();
      },
      final(done) { socket.end(done); },
    });
    socket.on('data', chunk => wire.push(chunk)).on('end', () => wire.push(null));
    secured(name, wire);
  },
  halve(name) {
    const socket = raw.get(name);
    let first = true;
    const wire = new Duplex({
      read() {},
      write(chunk, _, done) {
        if (!first) return socket.write(chunk, done);
        first = false;
        const middle = chunk.length >> 1;
        rests.set(name, () => socket.write(chunk.subarray(middle), done));
        socket.write(chunk.subarray(0, middle), () => say('halved', name));
      },
      final(done) { socket.end(done); },
    });
    socket.on('data', chunk => wire.push(chunk)).on('end', () => wire.push(null));
    secured(name, wire);
  },
  rest(name) { rests.get(name)(); },
  begin(name) { raw.get(name).write(Buffer.from('16030102000100', 'hex'), () => say('begun', name)); },
  get(name, path) {
    const socket = secure.get(name), hash = crypto.createHash('sha256');
    let head = '', length = -1, got = 0;
    socket.on('data', chunk => {
      if (length < 0) {
        head += chunk.toString('latin1');
        const end = head.indexOf('\\r\\n\\r\\n');
        if (end < 0) return;
        length = Number(/content-length: (\\d+)/i.exec(head)[1]);
        chunk = Buffer.from(head.slice(end + 4), 'latin1');
        say('body-begins', name);
      }
      hash.update(chunk);
      got += chunk.length;
      if (got === length) { socket.removeAllListeners('data'); say('body', name, got, hash.digest('hex')); }
    });
    socket.write('GET ' + path + ' HTTP/1.1\\r\\nHost: ' + serverName + '\\r\\n\\r\\n');
  },
  pause(name) { secure.get(name).pause(); raw.get(name).pause(); say('paused', name); },
  resume(name) { raw.get(name).resume(); secure.get(name).resume(); },
  reset(name) { raw.get(name).resetAndDestroy(); },
  close(name) { (secure.get(name) ?? raw.get(name)).end(); },
};
function secured(name, socket) {
  const client = tls.connect({ socket, servername: serverName, rejectUnauthorized: false });
  client.on('secureConnect', () => say('secure', name));
  client.on('error', error => say('failed', name, error.code));
  secure.set(name, client);
}
require('readline').createInterface({ input: process.stdin }).on('line', line => {
  const [command, ...words] = line.split(' ');
  commands[command](...words);
});
say('ready');
`;

export class TlsClient {
  private readonly command: RunningCommand;

  private constructor(command: RunningCommand) {
    this.command = command;
  }

  static async start(host: SandboxHost, serverName: string): Promise<TlsClient> {
    const command = await host.spawn([process.execPath, '-e', PROGRAM, serverName]);
    await command.printed(/^ready$/m);
    return new TlsClient(command);
  }

  /** Gives an order, and waits until the client prints a match. */
  async order(line: string, answer: RegExp, timeout = 60_000): Promise<RegExpMatchArray> {
    this.command.stdin!.write(`${line}\n`);
    return this.command.printed(answer, timeout);
  }

  printed(answer: RegExp, timeout = 60_000): Promise<RegExpMatchArray> {
    return this.command.printed(answer, timeout);
  }

  get output(): string {
    return this.command.stdout;
  }

  stop(): Promise<unknown> {
    return this.command.stop('SIGKILL');
  }
}
