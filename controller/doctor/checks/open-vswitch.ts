import { type Check, ok, skipped } from '../finding.js';
import { atLeast, readVersion } from '../version.js';

const OLDEST_OVS = '2.13';

export const ovsdbReachable: Check = {
  id: 'ovsdb-reachable',
  run({ database }) {
    if (!('error' in database)) return [ok(`the OVSDB server answers at ${database.endpoint}`)];
    const { message, mend } = database.error;
    return [
      {
        status: 'problem',
        finding: message,
        explanation:
          'Without its database nothing can be learnt about Open vSwitch, and no bridge be set up.',
        mend: mend ?? 'Start Open vSwitch: `service openvswitch-switch start`.',
      },
    ];
  },
};

export const vswitchdRunning: Check = {
  id: 'vswitchd-running',
  run({ database }) {
    if ('error' in database) return [];
    if (database.vswitchdRunning)
      return [ok(`ovs-vswitchd ${database.ovsVersion ?? ''} runs`.replace('  ', ' '))];
    return [
      {
        status: 'problem',
        finding: 'ovs-vswitchd does not run',
        explanation: 'The database takes changes, but nobody carries them out and no packet is forwarded.',
        mend: 'Start it: `service openvswitch-switch start`; its log is /var/log/openvswitch/ovs-vswitchd.log.',
      },
    ];
  },
};

export const ovsVersion: Check = {
  id: 'ovs-version',
  run({ database, machine }) {
    if ('error' in database) return [];
    const running = database.ovsVersion;
    if (running === undefined) return [skipped('ovs-vswitchd has not told its version')];
    if (!atLeast(running, OLDEST_OVS)) {
      return [
        {
          status: 'problem',
          finding: `Open vSwitch ${running} is older than ${OLDEST_OVS}`,
          explanation: 'It lacks actions and match fields that the apps use.',
          mend: `Upgrade to ${OLDEST_OVS} or later.`,
        },
      ];
    }
    const installed = database.local ? machine.installedOvsVersion : undefined;
    if (installed !== undefined && readVersion(installed).join() !== readVersion(running).join()) {
      return [
        {
          status: 'warning',
          finding: `ovs-vswitchd ${running} runs, but ${installed} is installed`,
          explanation:
            'Open vSwitch was upgraded and not restarted; its tools and daemons may not understand each other.',
          mend: 'Restart it: `service openvswitch-switch restart` (flows are lost and come back from the controller).',
        },
      ];
    }
    return [ok(`Open vSwitch ${running} is recent enough`)];
  },
};

export const schemaVersion: Check = {
  id: 'schema-version',
  run({ database }) {
    if ('error' in database || database.recordedSchemaVersion === undefined) return [];
    const { schemaVersion: served, recordedSchemaVersion: recorded } = database;
    if (served === recorded)
      return [ok(`the database has the schema ${served} that Open vSwitch was set up with`)];
    return [
      {
        status: 'warning',
        finding: `the database has schema ${served}, Open vSwitch was set up with ${recorded}`,
        explanation: 'After an upgrade the database was not converted, or not everything was restarted.',
        mend: 'Restart Open vSwitch by its service: `service openvswitch-switch restart` converts the database.',
      },
    ];
  },
};
