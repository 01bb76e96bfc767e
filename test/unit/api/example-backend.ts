import type { AdminBackend } from '../../../controller/api/admin-backend.js';
import { AdminError } from '../../../controller/api/admin-error.js';
import type { AppReport, FlowReport, PortReport, SwitchReport } from '../../../controller/api/reports.js';

export const exampleSwitch: SwitchReport = {
  id: '0000000000000001',
  name: 'br0',
  peer: 'tcp:127.0.0.1:50000',
  manufacturer: 'Nicira, Inc.',
  hardware: 'Open vSwitch',
  software: '3.1.0',
  serialNumber: 'None',
  description: 'None',
  tables: 254,
  ports: 1,
};

export const examplePort: PortReport = {
  number: 1,
  name: 'eth1\x1b[31m',
  mac: '02:00:00:00:00:01',
  config: [],
  state: ['link-down'],
  speed: 10_000_000,
  counters: {
    rxPackets: 1,
    txPackets: 2,
    rxBytes: 3,
    txBytes: 4,
    rxDropped: null,
    txDropped: 0,
    rxErrors: 0,
    txErrors: 0,
  },
};

export const exampleFlow: FlowReport = {
  table: 0,
  priority: 10,
  cookie: '0xc10a000100000000',
  app: 'learning-switch',
  match: { inPort: 1, ethDst: '02:00:00:00:00:02' },
  instructions: [{ type: 'apply-actions', actions: [{ type: 'output', port: 2, maxLen: 0 }] }],
  flags: [],
  packets: 5,
  bytes: 500,
  age: 3,
  idleTimeout: 60,
  hardTimeout: 0,
};

/** A controller with one switch, one port, one flow and one app. */
export function exampleBackend(): AdminBackend {
  let state: AppReport['state'] = 'running';
  const only = (id: string) => {
    if (id !== exampleSwitch.id)
      throw new AdminError('unknown-switch', `no switch ${id}`, { mend: 'Look again.' });
  };
  const app = (name: string, next: AppReport['state']) => {
    if (name !== 'learning-switch') throw new AdminError('unknown-app', `no app ${name}`);
    state = next;
  };
  return {
    switches: () => [exampleSwitch],
    async ports(id) {
      only(id);
      return [examplePort];
    },
    async flows(id, _, unseal) {
      only(id);
      const hidden = { ...exampleFlow, match: { ethDst: '02:00:00:00:00:03' } };
      return unseal ? [exampleFlow, hidden] : [exampleFlow];
    },
    apps: () => [
      {
        name: 'learning-switch',
        app: 'learning-switch',
        summary: 'learns',
        state,
        tables: [{ name: 'forward', number: 0 }],
        packetIns: 3,
        failures: 0,
      },
    ],
    previewReload: async () => RELOAD,
    reload: async () => RELOAD,
    startApp: async name => app(name, 'running'),
    stopApp: async name => app(name, 'stopped'),
    callApp: async (name, call, parameters) => {
      if (call !== 'echo') throw new AdminError('unknown-call', `no call ${call}`);
      return { name, parameters };
    },
    metrics: async () => '# HELP cloakflow_up Up.\n',
  };
}

const RELOAD = {
  started: ['normal'],
  stopped: [],
  restarted: [],
  unchanged: [],
  opened: [],
  closed: [],
  settings: [],
  atNextStart: [],
};
