import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OvsSandbox, type RunningCommand, type SandboxHost, until } from '../../../mininet/driver/index.js';
import { Spawned } from '../../unit/cli/spawned.js';

const NOTHING = { added: 0, changed: 0, removed: 0, refused: 0 };

const CHUNK = 16_384;
const ENOUGH = 64;

/**
 * Sends until its input ends, and at least `ENOUGH` chunks, then says the checksum of everything. A chunk goes when the
 * one before it has arrived: faster than the hosts can take it, traffic would overflow the buffers of the userspace
 * datapath and lose echoes by itself.
 */
const SENDER = `
const { createHash, randomBytes } = require('crypto');
const socket = require('net').connect(7000, process.argv[1]);
const sum = createHash('sha256');
let chunks = 0;
let ended = false;
function next() {
  if (ended && chunks >= ${ENOUGH}) {
    socket.end();
    console.log('sent ' + sum.digest('hex'));
    return;
  }
  const chunk = randomBytes(${CHUNK});
  sum.update(chunk);
  socket.write(chunk);
  chunks++;
}
socket.on('connect', next).on('data', next);
process.stdin.resume().on('end', () => { ended = true; });`;

/** Answers each chunk by a byte. */
const RECEIVER = `
const sum = require('crypto').createHash('sha256');
let bytes = 0;
const server = require('net').createServer(socket => {
  socket.on('data', data => {
    bytes += data.length;
    sum.update(data);
    if (bytes % ${CHUNK} === 0) socket.write('.');
  });
  socket.on('end', () => { socket.end(); server.close(); console.log('received ' + sum.digest('hex') + ' ' + bytes); });
}).listen(7000, '0.0.0.0', () => console.log('listening'));`;

/** Traffic between two hosts that notices every loss. */
class Traffic {
  private readonly ping: RunningCommand;
  private readonly sender: RunningCommand;
  private readonly receiver: RunningCommand;

  private constructor(ping: RunningCommand, sender: RunningCommand, receiver: RunningCommand) {
    this.ping = ping;
    this.sender = sender;
    this.receiver = receiver;
  }

  static async start(a: SandboxHost, b: SandboxHost): Promise<Traffic> {
    await until('the hosts reach each other', async () => {
      const { exitCode } = await a.run(['ping', '-c1', '-W1', b.ip]);
      return exitCode === 0;
    });
    const receiver = await b.spawn(['node', '-e', RECEIVER]);
    await receiver.printed(/listening/);
    const sender = await a.spawn(['node', '-e', SENDER, b.ip]);
    const ping = await a.spawn(['ping', '-i', '0.01', '-W', '5', b.ip]);
    await ping.printed(/icmp_seq=20 /);
    return new Traffic(ping, sender, receiver);
  }

  /** Waits for some more echoes, ends everything and checks that nothing was lost. */
  async endWithoutLoss(): Promise<void> {
    const seen = lastSequence(this.ping);
    await until('more echoes', () => lastSequence(this.ping) > seen + 50);
    await this.ping.stop('SIGINT');
    // Of the requests after the last echo nothing is known: they were on their way when ping was told to end.
    expect(missingSequences(this.ping)).to.deep.equal([]);
    this.sender.stdin!.end();
    const [, sentSum] = await this.sender.printed(/sent (\w+)/);
    const [, receivedSum, bytes] = await this.receiver.printed(/received (\w+) (\d+)/);
    expect(receivedSum).to.equal(sentSum);
    expect(Number(bytes)).to.be.at.least(ENOUGH * CHUNK);
  }
}

const sequences = (ping: RunningCommand) =>
  [...ping.stdout.matchAll(/icmp_seq=(\d+) /g)].map(([, n]) => Number(n));
const lastSequence = (ping: RunningCommand) => sequences(ping).at(-1) ?? 0;

function missingSequences(ping: RunningCommand): number[] {
  const seen = new Set(sequences(ping));
  return Array.from({ length: lastSequence(ping) }, (_, index) => index + 1).filter(n => !seen.has(n));
}

describe('ping and TCP through a bridge lose nothing', () => {
  let folder: string;
  let sandbox: OvsSandbox;
  let a: SandboxHost;
  let b: SandboxHost;
  const controllers: Spawned[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-away-'));
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
    a = await sandbox.addHost('br0', { addresses: ['10.0.0.1/24'] });
    b = await sandbox.addHost('br0', { addresses: ['10.0.0.2/24'] });
    const listen = `p${sandbox.controllerSocket('br0')}`;
    await writeFile(join(folder, 'cloakflow.yaml'), `listen: ['${listen}']\napps: [learning-switch]\n`);
  });
  afterEach(async () => {
    for (const controller of controllers.splice(0)) await controller[Symbol.asyncDispose]();
    await sandbox?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A controller in a process of its own, and the records that it logs when it has compared a switch. */
  async function run(): Promise<{ controller: Spawned; compared: () => Record<string, number>[] }> {
    const controller = new Spawned([
      'run',
      join(folder, 'cloakflow.yaml'),
      '--admin',
      join(folder, 'admin.sock'),
    ]);
    controllers.push(controller);
    let log = '';
    controller.child.stderr.on('data', chunk => {
      log += chunk;
    });
    const compared = () =>
      log
        .split('\n')
        .filter(line => line.includes('"switch-connected"'))
        .map(line => JSON.parse(line));
    await controller.firstLine();
    await until('the switch is compared', () => compared().length === 1, { timeout: 60_000 });
    return { controller, compared };
  }

  it('when the controller is killed and started again; and no flow is installed anew', async () => {
    const { controller } = await run();
    const traffic = await Traffic.start(a, b);
    controller.child.kill('SIGKILL');
    await controller.ended;
    const again = await run();
    expect(again.compared()[0]).to.deep.include(NOTHING);
    await traffic.endWithoutLoss();
  });

  it('when the channel is cut', async () => {
    const { compared } = await run();
    const traffic = await Traffic.start(a, b);
    await sandbox.appctl(['bridge/reconnect', 'br0']);
    await until('the switch is compared again', () => compared().length === 2, { timeout: 60_000 });
    expect(compared()[1]).to.deep.include(NOTHING);
    await traffic.endWithoutLoss();
  });

  it('after ovs-vswitchd itself was killed: everything is back', async () => {
    const { compared } = await run();
    const flows = async () =>
      (await sandbox.ofctl(['--no-stats', 'dump-flows', 'br0'])).match(/priority=(0|8192|65535)\b/g);
    const before = await flows();
    await sandbox.restartVswitchd('SIGKILL');
    await until('the switch is compared again', () => compared().length === 2, { timeout: 60_000 });
    expect(compared()[1]).to.deep.include({ changed: 0, removed: 0, refused: 0 });
    expect(await flows()).to.deep.equal(before);
    const traffic = await Traffic.start(a, b);
    await traffic.endWithoutLoss();
  });
});
