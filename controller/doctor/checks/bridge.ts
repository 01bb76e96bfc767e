import type { BridgeFacts, Facts } from '../facts/facts.js';
import { type Check, type Opinion, ok, skipped } from '../finding.js';

/** Says something of each bridge that is looked at. */
function ofEach(facts: Facts, say: (bridge: BridgeFacts) => Opinion[]): Opinion[] {
  return 'error' in facts.database ? [] : facts.database.bridges.flatMap(say);
}

export const bridgeExists: Check = {
  id: 'bridge-exists',
  run({ bridge, database }) {
    if ('error' in database) return [];
    if (bridge === undefined) {
      if (database.bridges.length > 0) return [];
      return [skipped('no bridge has a controller; name one to look at it: `cloakflow doctor BRIDGE`')];
    }
    if (database.bridgeNames.includes(bridge)) return [ok('the bridge exists', bridge)];
    const others = database.bridgeNames.join(', ');
    return [
      {
        status: 'problem',
        subject: bridge,
        finding: `there is no bridge '${bridge}'`,
        explanation:
          others === '' ? 'This Open vSwitch has no bridge at all.' : `The bridges are: ${others}.`,
        mend: `Make it: \`ovs-vsctl add-br ${bridge}\`.`,
      },
    ];
  },
};

export const openflow13: Check = {
  id: 'openflow13-enabled',
  run: facts =>
    ofEach(facts, ({ name, protocols }) => {
      // An empty column stands for every version.
      if (protocols.length === 0 || protocols.includes('OpenFlow13')) {
        return [ok('the bridge speaks OpenFlow 1.3', name)];
      }
      return [
        {
          status: 'problem',
          subject: name,
          finding: `the bridge does not speak OpenFlow 1.3, only ${protocols.join(', ')}`,
          explanation:
            'Controller and bridge find no version in common: the connection is made and closed again and again.',
          mend: `\`cloakflow attach ${name}\`, or \`ovs-vsctl add bridge ${name} protocols OpenFlow13\`.`,
        },
      ];
    }),
};

export const failMode: Check = {
  id: 'fail-mode',
  run: facts =>
    ofEach(facts, ({ name, failMode: mode, controllers }) => {
      if (mode === 'secure') return [ok('flows stay while the controller is away (fail mode secure)', name)];
      if (controllers.length === 0) return [];
      return [
        {
          status: 'warning',
          subject: name,
          finding: `the bridge's fail mode is ${mode ?? 'not set, which means standalone'}`,
          explanation:
            'When the controller is away for some seconds, the bridge throws its flows away and forwards as a ' +
            'learning switch: connections that the apps translate break, and what they hide shows.',
          mend: `\`ovs-vsctl set-fail-mode ${name} secure\`; \`cloakflow attach\` does it.`,
        },
      ];
    }),
};

export const inBand: Check = {
  id: 'in-band',
  run: facts =>
    ofEach(facts, ({ name, inBandDisabled, controllers }) => {
      const inBandControllers = controllers.filter(({ connectionMode, target }) => {
        return connectionMode !== 'out-of-band' && !/^p?unix:/.test(target);
      });
      if (inBandDisabled || inBandControllers.length === 0) return [ok('no hidden in-band flows', name)];
      return [
        {
          status: 'warning',
          subject: name,
          finding: 'the bridge reaches its controller in-band',
          explanation:
            'Open vSwitch adds hidden flows above all others, which let ARP, DHCP and the controller’s traffic pass ' +
            'by the apps; `ovs-ofctl dump-flows` does not show them, `ovs-appctl bridge/dump-flows` does.',
          mend: `\`ovs-vsctl set bridge ${name} other_config:disable-in-band=true\`; \`cloakflow attach\` does it.`,
        },
      ];
    }),
};

export const datapath: Check = {
  id: 'datapath',
  run: facts =>
    ofEach(facts, ({ name, datapathType, datapathId }) => {
      if ('error' in facts.database) return [];
      const { local, datapathTypes, vswitchdRunning: running } = facts.database;
      if (datapathTypes.length > 0 && !datapathTypes.includes(datapathType)) {
        return [
          {
            status: 'problem',
            subject: name,
            finding: `Open vSwitch knows no datapath '${datapathType}'`,
            explanation: `It has: ${datapathTypes.join(', ')}. The bridge exists in the database only.`,
            mend: `\`ovs-vsctl set bridge ${name} datapath_type=netdev\`, or =system where the kernel has the module.`,
          },
        ];
      }
      if (datapathType === 'netdev')
        return [ok('the userspace datapath (netdev) needs no kernel module', name)];
      const missing = local && facts.machine.openvswitchModule === 'missing';
      if (datapathType === 'system' && missing && datapathId === undefined) {
        return [
          {
            status: 'problem',
            subject: name,
            finding: 'the bridge uses the kernel datapath, but this kernel has no openvswitch module',
            explanation:
              'ovs-vswitchd cannot bring the bridge up: it has no datapath id, no OpenFlow and no ports.',
            mend: `\`modprobe openvswitch\`; where the kernel has none, \`ovs-vsctl set bridge ${name} datapath_type=netdev\`.`,
          },
        ];
      }
      if (datapathId === undefined && running) {
        return [
          {
            status: 'problem',
            subject: name,
            finding: 'ovs-vswitchd has not brought the bridge up: it has no datapath id',
            explanation: 'It could not make the datapath; its log says why.',
            mend: 'See /var/log/openvswitch/ovs-vswitchd.log.',
          },
        ];
      }
      return [ok(`the datapath (${datapathType}) works`, name)];
    }),
};
