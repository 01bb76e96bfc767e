import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import {
  EmulationError,
  loadTopology,
  type TopologyInput,
  topologyNames,
} from '../../../mininet/driver/index.js';
import { planTopology } from '../../../mininet/driver/plan.js';

const PAIR: TopologyInput = {
  description: 'two hosts and a switch',
  hosts: { a: { addresses: ['10.0.0.1/24'] }, b: { addresses: ['10.0.0.2/24', 'fd00::2/64'] } },
  switches: { s1: {} },
  links: [{ between: ['a', 's1'] }, { between: ['b', 's1'] }],
};

function refusal(topology: unknown): EmulationError {
  try {
    loadTopology(topology as TopologyInput);
  } catch (error) {
    expect(error).to.be.instanceOf(EmulationError);
    return error as EmulationError;
  }
  throw new Error('the topology was accepted');
}

function expectRefusal(change: Record<string, unknown>, place: RegExp): void {
  const error = refusal({ ...PAIR, ...change });
  expect(error.code).to.equal('bad-topology');
  expect(error.message).to.match(place);
}

describe('a topology', () => {
  it('that comes with cloakflow is accepted', () => {
    expect(topologyNames()).to.include.members(['single', 'linear', 'tree', 'loop']);
    for (const name of topologyNames()) expect(loadTopology(name).links, name).to.not.be.empty;
  });

  it('in the documentation is accepted, and every file has its line there', () => {
    const readme = readFileSync(new URL('../../../../topologies/README.md', import.meta.url), 'utf8');
    const examples = [...readme.matchAll(/^```yaml\n(.*?)^```/gms)].map(match => match[1]!);
    expect(examples).to.not.be.empty;
    for (const example of examples) expect(loadTopology(parse(example)).links).to.not.be.empty;
    for (const name of topologyNames()) expect(readme).to.include(`| \`${name}\` |`);
  });

  it('of an unknown name is refused with the names that there are', () => {
    const error = refusal('no-such-thing');
    expect(error.code).to.equal('unknown-topology');
    expect(error.mend).to.match(/single/);
  });

  it('in a file of bad YAML is refused, and so is a file that is not there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
    try {
      const file = join(folder, 'bad.yaml');
      for (const text of ['hosts: {', 'a: 1\na: 2', '- just\n- a list', '']) {
        writeFileSync(file, text);
        expect(refusal(file).code, text).to.equal('bad-topology');
      }
      expect(refusal(join(folder, 'absent.yaml')).code).to.equal('unknown-topology');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('with unknown keys is refused at every level', () => {
    expectRefusal({ hots: {} }, /hots/);
    expectRefusal({ hosts: { ...PAIR.hosts, a: { adresses: [] } } }, /hosts\.a.*adresses/);
    expectRefusal({ switches: { s1: { kinds: 'private' } } }, /switches\.s1.*kinds/);
    expectRefusal({ links: [{ between: ['a', 's1'], dely: '1ms' }] }, /links\.0.*dely/);
  });

  it('that names unknown nodes, links twice, or links a node to itself is refused', () => {
    expectRefusal({ links: [{ between: ['a', 's9'] }] }, /links\.0: there is no node s9/);
    expectRefusal(
      { links: [{ between: ['a', 's1'] }, { between: ['s1', 'a'] }] },
      /links\.1: the link a - s1/,
    );
    expectRefusal({ links: [{ between: ['a', 'a'] }] }, /linked to itself/);
    expectRefusal({ hosts: { ...PAIR.hosts, s1: {} } }, /both a host and a switch/);
  });

  it('that gives an address, port number or datapath id twice is refused', () => {
    expectRefusal(
      { hosts: { a: { addresses: ['10.0.0.1/24'] }, b: { addresses: ['10.0.0.1/8'] } } },
      /10\.0\.0\.1/,
    );
    const port = (node: string) => ({ between: [node, { node: 's1', port: 5 }] });
    expectRefusal({ links: [port('a'), port('b')] }, /port 5 of s1/);
    expectRefusal({ switches: { s1: { datapathId: 7 }, s2: { datapathId: '0x7' } } }, /datapath id/);
  });

  it('with values of the wrong form is refused', () => {
    expectRefusal({ hosts: { ...PAIR.hosts, a: { addresses: ['10.0.0.1'] } } }, /prefix length/);
    expectRefusal({ hosts: { ...PAIR.hosts, a: { addresses: ['10.0.0.256/24'] } } }, /prefix length/);
    expectRefusal({ hosts: { ...PAIR.hosts, a: { mac: 'aa' } } }, /MAC/);
    expectRefusal({ hosts: { ...PAIR.hosts, 'Big Name': {} } }, /name/);
    expectRefusal({ links: [{ between: ['a'] }] }, /links\.0/);
    expect(refusal({ ...PAIR, links: [{ between: ['a', 's1'], delay: '10' }] }).code).to.equal(
      'bad-link-value',
    );
    expect(refusal(null).code).to.equal('bad-topology');
  });

  it('with addresses at a shared switch is refused', () => {
    expectRefusal(
      { links: [{ between: ['a', { node: 's1', addresses: ['10.9.0.1/24'] }] }] },
      /shared switch/,
    );
  });
});

describe('the plan of a topology', () => {
  const plan = (change: Partial<TopologyInput> = {}) =>
    planTopology('cfabcde', loadTopology({ ...PAIR, ...change }), () => undefined);

  it('keeps names in the root namespace within 15 characters, and apart from each other', () => {
    const switches = { 'a-long-switch-1': {}, 'a-long-switch-2': {}, s3: {} };
    const links = Object.keys(switches).flatMap((name): TopologyInput['links'] => [
      { between: ['a', name] },
      { between: ['b', name] },
    ]);
    const { switches: planned, links: wires } = plan({ switches, links });
    const names = [
      ...planned.map(({ bridge }) => bridge),
      ...wires.flatMap(({ ends }) => ends.filter(({ port }) => port !== null).map(end => end.interface)),
    ];
    expect(new Set(names).size).to.equal(9);
    for (const name of names)
      expect(name)
        .to.match(/^cfabcde-/)
        .and.have.lengthOf.at.most(15);
  });

  it('numbers ports and datapaths around those that are asked for', () => {
    const { switches, links } = plan({
      switches: { s1: {}, s2: { datapathId: 1 } },
      links: [
        { between: ['a', 's1'] },
        { between: ['b', { node: 's1', port: 1 }] },
        { between: ['s1', 's2'] },
      ],
    });
    const ports = links.flatMap(({ ends }) => ends).filter(({ node }) => node === 's1');
    expect(ports.map(({ port }) => port)).to.deep.equal([4, 1, 3]);
    expect(switches.map(({ datapathId }) => datapathId)).to.deep.equal([
      '0000000000000003',
      '0000000000000001',
    ]);
  });

  it('forwards by itself only without a controller, unless the file says otherwise', () => {
    const topology = loadTopology(PAIR);
    expect(plan().switches[0]!.failMode).to.equal('standalone');
    expect(planTopology('cfabcde', topology, () => 'tcp:127.0.0.1:6653').switches[0]!.failMode).to.equal(
      'secure',
    );
    expect(plan({ switches: { s1: { failMode: 'secure' } } }).switches[0]!.failMode).to.equal('secure');
  });

  it('gives IPv6 to hosts with an IPv6 address only', () => {
    expect(plan().hosts.map(({ ipv6 }) => ipv6)).to.deep.equal([false, true]);
  });
});
