import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { NetworkShell } from '../../../controller/cli/emulation/network-shell.js';
import { completeShellLine, parseShellLine } from '../../../controller/cli/emulation/shell-command.js';
import type { ShellNetwork } from '../../../controller/cli/emulation/shell-network.js';
import { exampleFlow } from '../api/example-backend.js';

/** Two hosts at two switches; whether the link between these is up decides what is reachable. */
function exampleNetwork() {
  const ran: string[] = [];
  let up = true;
  const network: ShellNetwork = {
    hosts: [
      { name: 'h1', addresses: ['10.0.0.1', 'fd00::1'] },
      { name: 'h2', addresses: ['10.0.0.2'] },
    ],
    switches: [
      { name: 's1', datapathId: '0000000000000001' },
      { name: 's2', datapathId: '0000000000000002' },
    ],
    links: () => [
      { a: 'h1', b: 's1', up: true },
      { a: 'h2', b: 's2', up: true },
      { a: 's1', b: 's2', up },
    ],
    async setLink(_a, _b, state) {
      up = state;
    },
    async runIn(host, command) {
      ran.push(`${host}: ${command}`);
      return command === 'false' ? 1 : 0;
    },
    ping: async () => up,
    flows: async name => `flows of ${name}\n`,
  };
  return { network, ran };
}

function shellFor(network: ShellNetwork, input: string[] = [], json = false) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input.map(line => `${line}\n`).join(''));
  const invocation = { stdin, stdout, stderr, env: {}, exitCode: 0, outlivesReader: false };
  const controller = new AbortController();
  return {
    shell: new NetworkShell(invocation, network, { signal: controller.signal, json }),
    controller,
    stdout: () => String(stdout.read() ?? ''),
    stderr: () => String(stderr.read() ?? ''),
  };
}

describe('shell of an emulation', () => {
  it('runs a command in a host, with addresses for the names of hosts', async () => {
    const { network, ran } = exampleNetwork();
    const { shell } = shellFor(network);
    expect(await shell.runLine("  h1 ping -c 1 h2 && echo 'h2,h1' h10 ")).to.equal('ok');
    expect(ran).to.deep.equal(["h1: ping -c 1 10.0.0.2 && echo 'h2,h1' h10"]);
  });

  it('fails when the command fails', async () => {
    expect(await shellFor(exampleNetwork().network).shell.runLine('h1 false')).to.equal('failed');
  });

  it('lists nodes and links', async () => {
    const { shell, stdout } = shellFor(exampleNetwork().network);
    await shell.runLines(['nodes', 'links']);
    expect(stdout())
      .to.match(/^h1 +host +10\.0\.0\.1 fd00::1$/m)
      .and.match(/^s2 +switch +0000000000000002$/m)
      .and.match(/^s1 +s2 +up$/m);
  });

  it('takes a link down and up, and pings everybody', async () => {
    const { shell, stdout } = shellFor(exampleNetwork().network);
    expect(await shell.runLines(['pingall'])).to.equal(true);
    expect(stdout()).to.equal('2 of 2 pings answered\n');
    expect(await shell.runLines(['link s2 s1 down', 'pingall'])).to.equal(false);
    expect(stdout()).to.include('h1 -> h2: no answer\n').and.include('0 of 2 pings answered\n');
    expect(await shell.runLines(['link s1 s2 up', 'pingall'])).to.equal(true);
  });

  it('shows the flows of one switch or of all', async () => {
    const { shell, stdout } = shellFor(exampleNetwork().network);
    await shell.runLines(['flows s2', 'flows']);
    expect(stdout()).to.equal('flows of s2\ns1\nflows of s1\ns2\nflows of s2\n');
  });

  it('prints lists as JSON where asked', async () => {
    const { network } = exampleNetwork();
    network.flows = async () => [exampleFlow];
    const { shell, stdout, stderr } = shellFor(network, [], true);
    await shell.runLines(['nodes', 'links', 'flows s1', 'pingall', 'link s1 s2 down', 'pingall']);
    const [nodes, links, flows, ...pings] = stdout()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(nodes[0]).to.deep.equal({ node: 'h1', kind: 'host', addresses: ['10.0.0.1', 'fd00::1'] });
    expect(links.at(-1)).to.deep.equal({ a: 's1', b: 's2', up: true });
    expect(flows).to.deep.equal([exampleFlow]);
    expect(pings).to.deep.equal([
      { pings: 2, lost: [] },
      {
        pings: 2,
        lost: [
          { from: 'h1', to: 'h2' },
          { from: 'h2', to: 'h1' },
        ],
      },
    ]);
    await shell.runLine('h3 ls');
    expect(JSON.parse(stderr()).error.code).to.equal('unknown-node');
  });

  it('shows the flows that a controller knows as a table', async () => {
    const { network } = exampleNetwork();
    network.flows = async () => [exampleFlow];
    const { shell, stdout } = shellFor(network);
    await shell.runLine('flows s1');
    expect(stdout()).to.match(/ learning-switch .* in_port=1,/);
  });

  it('reads lines from a file up to the first that fails', async () => {
    const { network, ran } = exampleNetwork();
    expect(
      await shellFor(network, ['# a comment', '', 'h1 true', 'h1 false', 'h1 never']).shell.interact(),
    ).to.equal(false);
    expect(ran).to.deep.equal(['h1: true', 'h1: false']);
    expect(await shellFor(network, ['h2 true', 'exit', 'h2 never']).shell.interact()).to.equal(true);
    expect(ran.at(-1)).to.equal('h2: true');
  });

  for (const line of [
    'h3 ls',
    's1 ls',
    'h1',
    'link h1 h2 down',
    'link s1 s1 up',
    'link s1 s2',
    'flows h1',
    'exit now',
  ]) {
    it(`says what is wrong with \`${line}\``, async () => {
      const { shell, stderr } = shellFor(exampleNetwork().network);
      expect(await shell.runLine(line)).to.equal('failed');
      expect(stderr()).to.match(/^error: .+ \[(shell-usage|unknown-node|unknown-link)\]\n/);
    });
  }

  it('stops when it is told to', async () => {
    const { network, ran } = exampleNetwork();
    const { shell, controller } = shellFor(network);
    controller.abort();
    expect(await shell.runLines(['h1 true'])).to.equal(false);
    expect(ran).to.deep.equal([]);
  });

  it('completes commands first, then what fits them', () => {
    const { network } = exampleNetwork();
    const complete = (line: string) => completeShellLine(line, network)[0];
    expect(complete('')).to.include.members(['nodes ', 'h1 ', 'h2 ']).and.not.include('s1 ');
    expect(complete('li')).to.deep.equal(['links ', 'link ']);
    expect(complete('flows ')).to.deep.equal(['s1 ', 's2 ']);
    expect(complete('link s1 ')).to.deep.equal(['h1 ', 'h2 ', 's1 ', 's2 ']);
    expect(complete('link s1 s2 d')).to.deep.equal(['down ']);
    expect(complete('h1 ping h')).to.deep.equal(['h1 ', 'h2 ']);
  });

  it('takes blank lines and comments for nothing', () => {
    const { network } = exampleNetwork();
    expect(parseShellLine('  ', network)).to.deep.equal({ type: 'nothing' });
    expect(parseShellLine(' # h1 ls', network)).to.deep.equal({ type: 'nothing' });
  });
});
