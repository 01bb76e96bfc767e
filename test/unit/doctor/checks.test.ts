import { expect } from 'chai';
import { formatFindings } from '../../../controller/cli/findings-text.js';
import { plain } from '../../../controller/cli/palette.js';
import { CodedError } from '../../../controller/coded-error.js';
import { CHECKS } from '../../../controller/doctor/checks/catalogue.js';
import type {
  BridgeFacts,
  ControllerFacts,
  DatabaseFacts,
  Facts,
  MachineFacts,
} from '../../../controller/doctor/facts/facts.js';
import { type Finding, runChecks } from '../../../controller/doctor/finding.js';
import { atLeast } from '../../../controller/doctor/version.js';

const CONTROLLER: ControllerFacts = {
  target: 'tcp:127.0.0.1:6653',
  isConnected: true,
  connectionMode: 'out-of-band',
  role: 'master',
  state: 'ACTIVE',
  lastError: undefined,
  probe: undefined,
  instead: undefined,
};
const BRIDGE: BridgeFacts = {
  name: 'br0',
  datapathType: 'netdev',
  datapathId: '0000000000000001',
  protocols: ['OpenFlow13'],
  failMode: 'secure',
  attached: true,
  inBandDisabled: true,
  controllers: [CONTROLLER],
  interfaces: [{ name: 'p1', type: '', error: undefined, openChecksums: undefined }],
};
const DATABASE: DatabaseFacts = {
  endpoint: 'unix:/run/db.sock',
  local: true,
  schemaVersion: '8.3.1',
  recordedSchemaVersion: '8.3.1',
  ovsVersion: '3.1.0',
  datapathTypes: ['netdev', 'system'],
  vswitchdRunning: true,
  hasCertificates: false,
  bridgeNames: ['br0'],
  bridges: [BRIDGE],
};
const MACHINE: MachineFacts = {
  nodeVersion: '24.1.0',
  kernelRelease: '6.8.0-41-generic',
  installedOvsVersion: '3.1.0',
  openvswitchModule: 'present',
  netem: 'present',
  clsact: 'present',
  btf: 'present',
  syncookies: 'present',
  sack: 'present',
  tcpRepair: 'present',
};
const HEALTHY: Facts = {
  bridge: 'br0',
  database: DATABASE,
  machine: MACHINE,
  controller: { switchIds: ['0000000000000001'] },
};

const withBridge = (changes: Partial<BridgeFacts>): Facts => ({
  ...HEALTHY,
  database: { ...DATABASE, bridges: [{ ...BRIDGE, ...changes }] },
});
const withController = (changes: Partial<ControllerFacts>): Facts =>
  withBridge({ controllers: [{ ...CONTROLLER, isConnected: false, ...changes }] });
const withDatabase = (changes: Partial<DatabaseFacts>): Facts => ({
  ...HEALTHY,
  database: { ...DATABASE, ...changes },
});
const withMachine = (changes: Partial<MachineFacts>): Facts => ({
  ...HEALTHY,
  machine: { ...MACHINE, ...changes },
});
const refused = { kind: 'unreachable', reason: 'connection refused' } as const;

/** Facts, and the one thing that is wrong with them: its status, and words that finding and advice must have. */
const CASES: [id: string, status: Finding['status'], facts: Facts, words: RegExp][] = [
  [
    'ovsdb-reachable',
    'problem',
    {
      ...HEALTHY,
      database: { error: new CodedError('connect-failed', 'cannot connect', { mend: 'start it' }) },
    },
    /cannot connect.*start it/,
  ],
  ['vswitchd-running', 'problem', withDatabase({ vswitchdRunning: false }), /does not run/],
  ['ovs-version', 'problem', withDatabase({ ovsVersion: '2.9.8' }), /older than 2\.13/],
  [
    'ovs-version',
    'warning',
    withMachine({ installedOvsVersion: '3.3.1' }),
    /3\.1\.0 runs, but 3\.3\.1.*restart/s,
  ],
  ['schema-version', 'warning', withDatabase({ schemaVersion: '8.0.0' }), /8\.0\.0.*8\.3\.1/],
  [
    'bridge-exists',
    'problem',
    { ...withDatabase({ bridges: [] }), bridge: 'br7' },
    /no bridge 'br7'.*br0.*add-br br7/s,
  ],
  [
    'datapath',
    'problem',
    {
      ...withBridge({ datapathType: 'system', datapathId: undefined }),
      machine: { ...MACHINE, openvswitchModule: 'missing' },
    },
    /no openvswitch module.*modprobe openvswitch.*datapath_type=netdev/s,
  ],
  ['datapath', 'problem', withBridge({ datapathType: 'dpdk' }), /no datapath 'dpdk'/],
  ['datapath', 'problem', withBridge({ datapathType: 'system', datapathId: undefined }), /no datapath id/],
  [
    'openflow13-enabled',
    'problem',
    withBridge({ protocols: ['OpenFlow10'] }),
    /only OpenFlow10.*attach br0/s,
  ],
  ['controller-set', 'problem', withBridge({ controllers: [] }), /no controller.*attach br0/s],
  [
    'controller-connected',
    'problem',
    withController({ probe: refused }),
    /connection refused.*cloakflow run/s,
  ],
  [
    'controller-connected',
    'problem',
    withController({ target: 'tcp:127.0.0.1:6666', probe: refused, instead: 'tcp:127.0.0.1:6653' }),
    /does at tcp:127\.0\.0\.1:6653.*port is the wrong one/s,
  ],
  [
    'controller-connected',
    'problem',
    withController({ probe: { kind: 'not-openflow' } }),
    /is no OpenFlow controller/,
  ],
  ['controller-connected', 'problem', withController({ probe: { kind: 'openflow' } }), /versions may differ/],
  [
    'controller-connected',
    'problem',
    withController({ lastError: 'End of file' }),
    /ovs-vswitchd: End of file/,
  ],
  [
    'controller-connected',
    'problem',
    withController({ target: 'ssl:192.0.2.1:6653' }),
    /no certificates.*set-ssl/s,
  ],
  ['controller-connected', 'warning', withController({ target: 'ptcp:6653' }), /waits for a controller/],
  [
    'one-controller',
    'problem',
    withBridge({ controllers: [CONTROLLER, { ...CONTROLLER, target: 'tcp:192.0.2.1', role: 'other' }] }),
    /2 controllers steer/,
  ],
  [
    'controller-knows-bridge',
    'warning',
    { ...HEALTHY, controller: { switchIds: [] } },
    /does not have the bridge/,
  ],
  ['fail-mode', 'warning', withBridge({ failMode: undefined }), /standalone.*set-fail-mode br0 secure/s],
  [
    'in-band',
    'warning',
    withBridge({ inBandDisabled: false, controllers: [{ ...CONTROLLER, connectionMode: undefined }] }),
    /in-band.*disable-in-band=true/s,
  ],
  [
    'interface-errors',
    'problem',
    withBridge({ interfaces: [{ name: 'p9', type: '', error: 'No such device', openChecksums: undefined }] }),
    /p9.*No such device/,
  ],
  [
    'checksum-offload',
    'problem',
    withBridge({
      interfaces: [
        {
          name: 'p1',
          type: '',
          error: undefined,
          openChecksums: { device: 'eth0', command: 'ethtool -K eth0 tx off' },
        },
      ],
    }),
    /eth0.*ping works, TCP.*ethtool -K eth0 tx off/s,
  ],
  ['node-version', 'problem', withMachine({ nodeVersion: '18.20.0' }), /18\.20\.0 is older/],
  ['kernel-version', 'warning', withMachine({ kernelRelease: '6.1.0-18-amd64' }), /older than 6\.8/],
  ['netem', 'warning', withMachine({ netem: 'missing' }), /netem.*delay line/s],
  ['btf', 'warning', withMachine({ btf: 'missing' }), /BTF/],
  ['clsact', 'warning', withMachine({ clsact: 'missing' }), /clsact/],
  ['tcp-syncookies', 'warning', withMachine({ syncookies: 'missing' }), /tcp_syncookies=1/],
  ['tcp-sack', 'warning', withMachine({ sack: 'missing' }), /tcp_sack=1/],
  ['tcp-repair', 'warning', withMachine({ tcpRepair: 'missing' }), /TCP_REPAIR/],
  ['netem', 'skipped', withMachine({ netem: 'unknown' }), /could not be found out/],
];

describe('the doctor', () => {
  it('finds nothing wrong with what is well', () => {
    const findings = runChecks(CHECKS, HEALTHY);
    expect(findings.filter(({ status }) => status !== 'ok')).to.deep.equal([]);
    expect(findings.every(({ explanation, mend }) => explanation === null && mend === null)).to.equal(true);
  });

  for (const [id, status, facts, words] of CASES) {
    it(`says so when ${id} is a ${status}: ${words.source.slice(0, 40)}`, () => {
      const found = runChecks(CHECKS, facts).find(finding => finding.id === id && finding.status === status);
      expect(found, JSON.stringify(runChecks(CHECKS, facts), undefined, 1)).to.be.an('object');
      expect(`${found!.finding} ${found!.explanation ?? ''} ${found!.mend ?? ''}`).to.match(words);
    });
  }

  it('explains every problem and every warning and says the mend', () => {
    for (const [, , facts] of CASES) {
      for (const finding of runChecks(CHECKS, facts)) {
        if (finding.status !== 'problem' && finding.status !== 'warning') continue;
        expect(finding.explanation, finding.id).to.be.a('string');
        expect(finding.mend, finding.id).to.be.a('string');
      }
    }
  });

  it('misses no controller here when the bridge is connected to one elsewhere', () => {
    const error = new CodedError('no-controller', 'no controller answers', { mend: 'Start one.' });
    const status = (facts: Facts) =>
      runChecks(CHECKS, { ...facts, controller: { error } }).find(({ id }) => id === 'controller-answers')!
        .status;
    expect(status(HEALTHY)).to.equal('ok');
    expect(status(withController({}))).to.equal('problem');
  });

  it('does not blame this machine for a switch on another', () => {
    const remote = withDatabase({
      local: false,
      bridges: [{ ...BRIDGE, datapathType: 'system' }],
    });
    const machine: MachineFacts = { ...MACHINE, openvswitchModule: 'missing', installedOvsVersion: '2.0.0' };
    const findings = runChecks(CHECKS, { ...remote, machine });
    expect(findings.filter(({ status }) => status !== 'ok')).to.deep.equal([]);
  });

  it('has one id for each check, in kebab-case', () => {
    const ids = CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of ids) expect(id).to.match(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it('compares versions by number', () => {
    expect(atLeast('2.13', '2.13')).to.equal(true);
    expect(atLeast('2.9.8', '2.13')).to.equal(false);
    expect(atLeast('10.0.0', '9.9.9')).to.equal(true);
    expect(atLeast('6.8.0-41-generic', '6.8')).to.equal(true);
  });

  it('prints a line a finding, advice below what is not well, and a sum', () => {
    const findings = runChecks(CHECKS, withMachine({ sack: 'missing' })).filter(({ id }) =>
      id.startsWith('tcp-s'),
    );
    expect(formatFindings(findings, plain).split('\n')).to.deep.equal([
      'ok      the kernel has TCP SYN cookies',
      'warning the kernel has no TCP selective acknowledgement, or it is switched off [tcp-sack]',
      '        With net.ipv4.tcp_sack=0 a tenant answers a connection handed over by cookie with a reset.',
      '        mend: `sysctl -w net.ipv4.tcp_sack=1` on the tenants.',
      '0 problems, 1 warning',
      '',
    ]);
  });
});
