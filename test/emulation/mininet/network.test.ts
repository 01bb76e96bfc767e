import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type EmulatedNetwork, EmulationError, emulate, until } from '../../../mininet/driver/index.js';

/** The code of the EmulationError that an operation is refused with. */
async function refusal(operation: Promise<unknown>): Promise<string> {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(EmulationError);
  return (error as EmulationError).code;
}

describe('an emulated network', () => {
  let network: EmulatedNetwork;
  before(async () => {
    network = await emulate('tree');
  });
  after(() => network.stop());

  it('runs commands in hosts: output, exit code, input, environment and folder', async () => {
    const h1 = network.host('h1');
    const failed = await h1.run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(failed).to.include({ stdout: 'out\n', stderr: 'err\n', exitCode: 3, killedBy: undefined });
    expect((await h1.run(['cat'], { input: 'in' })).stdout).to.equal('in');
    const { stdout } = await h1.run(['sh', '-c', 'echo $COLOR; pwd'], {
      env: { COLOR: 'blue' },
      cwd: '/usr',
    });
    expect(stdout).to.equal('blue\n/usr\n');
    expect((await h1.run(['ip', '-br', 'addr'])).stdout).to.match(/eth0.*10\.0\.0\.1\/24/);
  });

  it('passes binary output unchanged', async () => {
    const { stdoutBytes } = await network.host('h1').run(['printf', '\\377\\000\\200']);
    expect([...stdoutBytes]).to.deep.equal([255, 0, 128]);
  });

  it('ends commands that take too long, or are aborted, and says which command is not there', async () => {
    const h1 = network.host('h1');
    expect(await refusal(h1.run(['sleep', '1000'], { timeout: 50 }))).to.equal('timed-out');
    const abort = new AbortController();
    const sleeping = h1.run(['sleep', '1000'], { signal: abort.signal });
    abort.abort(new Error('enough'));
    expect(String(await sleeping.catch((error: unknown) => error))).to.match(/enough/);
    expect((await h1.run(['no-such-command'])).exitCode).to.equal(127);
    expect(await refusal(h1.run(['no-such-command'], { check: true }))).to.equal('command-failed');
  });

  it('leaves spawned commands running, streams what they print, and stops them by pid', async () => {
    const h2 = network.host('h2');
    const running = await h2.spawn(['sh', '-c', 'echo pid $$; exec sleep 1000']);
    const [, pid] = await running.printed(/pid (\d+)/);
    expect(running.pid).to.equal(Number(pid));
    expect(await running.stop()).to.deep.equal({ exitCode: 143, killedBy: 'SIGTERM' });
  });

  it('captures what passes an interface: every frame up to the moment of stopping', async () => {
    const h3 = network.host('h3');
    await until('h1 reaches h3', async () => {
      const { exitCode } = await network.host('h1').run(['ping', '-n', '-c1', '-W1', h3.ip]);
      return exitCode === 0;
    });
    await using capture = await h3.capture({ filter: 'icmp' });
    await using onLink = await network.link('core', 'right').capture({ filter: 'icmp', node: 'core' });
    const { exitCode } = await network.host('h1').run(['ping', '-n', '-c3', '-i0.05', '-W5', h3.ip]);
    expect(exitCode).to.equal(0);
    const result = await capture.stop();
    expect(result.frames).to.equal(6);
    const bytes = await result.bytes();
    expect(bytes.readUInt32LE(0)).to.equal(0xa1b2c3d4);
    expect(bytes.length).to.equal(24 + 6 * (16 + 98));
    expect((await onLink.stop()).frames).to.equal(6);
    await capture.discard();
    expect(existsSync(capture.file)).to.equal(false);
  });

  it('refuses a capture with a filter that tcpdump does not understand', async () => {
    expect(await refusal(network.host('h1').capture({ filter: 'no such filter' }))).to.equal(
      'capture-failed',
    );
  });

  it('takes links down and up again', async () => {
    const ping = () => network.host('h1').run(['ping', '-n', '-c1', '-W1', network.host('h3').ip]);
    const link = network.link('right', 'core');
    await link.down();
    expect(link.isUp).to.equal(false);
    expect((await ping()).exitCode).to.equal(1);
    await link.up();
    await until('h1 reaches h3 again', async () => (await ping()).exitCode === 0);
    await network.link('h1', 'left').down();
    expect((await ping()).exitCode).to.not.equal(0);
    await network.link('h1', 'left').up();
    await until('h1 reaches h3 again', async () => (await ping()).exitCode === 0);
  });

  it('knows the port numbers and datapath ids of its switches', async () => {
    const core = network.switch('core');
    expect(await core.ofctl('show')).to.include(`dpid:${core.datapathId}`);
    const ofport = await core.vsctl(['get', 'Interface', core.interfaces[1]!.interface, 'ofport']);
    expect(Number(ofport)).to.equal(core.port('right'));
  });

  it('names what it does not know', async () => {
    expect(() => network.host('h9'))
      .to.throw(EmulationError, /h9/)
      .with.property('code', 'unknown-host');
    expect(() => network.switch('h1'))
      .to.throw(EmulationError)
      .with.property('code', 'unknown-switch');
    expect(() => network.link('h1', 'h2'))
      .to.throw(EmulationError)
      .with.property('code', 'unknown-link');
    expect(await refusal(network.link('h1', 'left').setDelay('soon'))).to.equal('bad-link-value');
  });

  it('tells when a process of it dies', async () => {
    await using other = await emulate('tree');
    const died = new Promise<string>(resolve => {
      other.onDeath = resolve;
    });
    const left = other.switch('left');
    await left.run(['ovs-appctl', `--target=${left.directory}/ovs-vswitchd.ctl`, 'exit'], { check: true });
    expect(await died).to.equal('ovs-vswitchd of left');
  });
});

describe('private switches', () => {
  it('tunnel over an underlay of their own, which the bridges do not see', async () => {
    await using network = await emulate({
      description: 'two switches with an underlay between them',
      hosts: { h1: { addresses: ['10.0.0.1/24'] }, h2: { addresses: ['10.0.0.2/24'] } },
      switches: { s1: { kind: 'private' }, s2: { kind: 'private' } },
      links: [
        { between: ['h1', 's1'] },
        { between: ['h2', 's2'] },
        {
          between: [
            { node: 's1', addresses: ['10.99.0.1/24', 'fd99::1/64'] },
            { node: 's2', addresses: ['10.99.0.2/24'], mac: '02:00:00:00:99:02' },
          ],
          mtu: 1600,
        },
      ],
    });
    for (const [name, peer] of [
      ['s1', '10.99.0.2'],
      ['s2', '10.99.0.1'],
    ] as const) {
      const tunnel = ['type=vxlan', `options:remote_ip=${peer}`, 'options:key=7'];
      await network.switch(name).vsctl(['add-port', name, 'vx', '--', 'set', 'Interface', 'vx', ...tunnel]);
    }
    await using capture = await network.link('s1', 's2').capture({ filter: 'udp port 4789' });
    await until('h1 reaches h2 through the tunnel', async () => {
      const { exitCode } = await network.host('h1').run(['ping', '-c1', '-W1', '-s1472', '-Mdo', '10.0.0.2']);
      return exitCode === 0;
    });
    expect((await capture.stop()).frames).to.be.at.least(2);
    expect((await network.switch('s2').run(['ip', 'link', 'show', 'under2'])).stdout).to.match(
      /02:00:00:00:99:02/,
    );
    expect(() => network.switch('s1').port('s2'))
      .to.throw(EmulationError)
      .with.property('code', 'unknown-link');
  });
});

describe('hosts', () => {
  it('have the files, routes, forwarding, set-up and daemons of their topology', async () => {
    await using network = await emulate({
      description: 'two hosts behind a router',
      controller: 'none',
      hosts: {
        a: {
          addresses: ['10.1.0.2/24', 'fd01::2/64'],
          gateway: '10.1.0.1',
          routes: [{ to: 'default', via: 'fd01::1' }],
          files: { '/etc/hosts': '10.2.0.2 b.example\n' },
        },
        b: {
          addresses: ['10.2.0.2/24', 'fd02::2/64'],
          gateway: '10.2.0.1',
          routes: [{ to: 'default', via: 'fd02::1' }],
          daemons: [
            {
              command: ['sh', '-c', 'echo $NAME is ready; exec sleep 1000'],
              env: { NAME: 'b' },
              ready: '^b is ready$',
            },
          ],
        },
        router: { forwarding: true, setup: ['ip addr add 10.9.9.9/32 dev lo'] },
      },
      links: [
        { between: ['a', { node: 'router', addresses: ['10.1.0.1/24', 'fd01::1/64'] }] },
        {
          between: ['b', { node: 'router', addresses: ['10.2.0.1/24', 'fd02::1/64'], interface: 'inside' }],
          mtu: 1300,
        },
      ],
    });
    const [a, b, router] = ['a', 'b', 'router'].map(name => network.host(name));
    const hosts = readFileSync('/etc/hosts', 'utf8');
    for (const target of ['b.example', 'fd02::2'])
      expect((await a!.run(['ping', '-c1', '-W5', target])).exitCode, target).to.equal(0);
    expect(readFileSync('/etc/hosts', 'utf8')).to.equal(hosts);
    const shown = (await router!.run(['ip', '-br', 'addr'])).stdout;
    expect(shown)
      .to.match(/^inside@/m)
      .and.match(/^lo .*10\.9\.9\.9/m);
    expect((await b!.run(['ip', 'link', 'show', 'eth0'])).stdout).to.match(/mtu 1300/);
    expect(b!.daemons[0]!.stdout).to.equal('b is ready\n');
    await network.link('a', 'router').down();
    await network.link('a', 'router').up();
    expect((await a!.run(['ping', '-c1', '-W5', 'b.example'])).exitCode).to.equal(0);
  });

  it('whose set-up or daemon fails are no network: nothing is left of it', async () => {
    const host = (node: object) => ({ description: 'x', hosts: { a: node }, links: [] });
    expect(await refusal(emulate(host({ setup: ['echo hopeless >&2; false'] })))).to.equal('build-failed');
    expect(await refusal(emulate(host({ daemons: [{ command: ['false'], ready: 'x' }] })))).to.equal(
      'daemon-failed',
    );
  });
});
