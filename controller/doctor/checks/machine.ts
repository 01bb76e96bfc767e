import type { MachineFacts, Presence } from '../facts/facts.js';
import { type Check, type Opinion, ok, skipped } from '../finding.js';
import { OLDEST_NODE } from '../oldest-node.js';
import { atLeast } from '../version.js';

const OLDEST_KERNEL = '6.8';

export const nodeVersion: Check = {
  id: 'node-version',
  run({ machine }) {
    if (atLeast(machine.nodeVersion, OLDEST_NODE))
      return [ok(`Node ${machine.nodeVersion} is recent enough`)];
    return [
      {
        status: 'problem',
        finding: `Node ${machine.nodeVersion} is older than ${OLDEST_NODE}`,
        explanation: 'cloakflow is neither built for it nor tested with it.',
        mend: 'Install the current LTS release of Node.',
      },
    ];
  },
};

export const kernelVersion: Check = {
  id: 'kernel-version',
  run({ machine }) {
    if (atLeast(machine.kernelRelease, OLDEST_KERNEL)) {
      return [ok(`Linux ${machine.kernelRelease} has what the handoff by cookie needs`)];
    }
    return [
      {
        status: 'warning',
        finding: `Linux ${machine.kernelRelease} is older than ${OLDEST_KERNEL}`,
        explanation:
          'A tenant takes connections over by cookie with a BPF function that came with 6.8. Only tenants need it.',
        mend: 'Upgrade the kernel, or hand connections over by another way: repair, proxy or address.',
      },
    ];
  },
};

/** A feature of the kernel: what needs it, and what to do without. */
interface Feature {
  id: string;
  key: keyof MachineFacts;
  name: string;
  neededBy: string;
  mend: string;
}

const FEATURES: readonly Feature[] = [
  {
    id: 'netem',
    key: 'netem',
    name: 'netem (delay, loss and rate of links)',
    neededBy: 'Emulations shape links with it where they can.',
    mend: 'Nothing has to be done: emulations use the project’s own delay line. `modprobe sch_netem` where the kernel has it.',
  },
  {
    id: 'btf',
    key: 'btf',
    name: 'BTF (/sys/kernel/btf/vmlinux)',
    neededBy: 'The program that takes connections over by cookie on a tenant is loaded against it.',
    mend: 'Use a kernel built with CONFIG_DEBUG_INFO_BTF, or another way of handing over.',
  },
  {
    id: 'clsact',
    key: 'clsact',
    name: 'the clsact queueing discipline',
    neededBy: 'The program that takes connections over by cookie is hooked in there.',
    mend: '`modprobe sch_ingress`, or use another way of handing over.',
  },
  {
    id: 'tcp-syncookies',
    key: 'syncookies',
    name: 'TCP SYN cookies',
    neededBy:
      'With net.ipv4.tcp_syncookies=0 a tenant answers a connection handed over by cookie with a reset.',
    mend: '`sysctl -w net.ipv4.tcp_syncookies=1` on the tenants.',
  },
  {
    id: 'tcp-sack',
    key: 'sack',
    name: 'TCP selective acknowledgement',
    neededBy: 'With net.ipv4.tcp_sack=0 a tenant answers a connection handed over by cookie with a reset.',
    mend: '`sysctl -w net.ipv4.tcp_sack=1` on the tenants.',
  },
  {
    id: 'tcp-repair',
    key: 'tcpRepair',
    name: 'TCP_REPAIR',
    neededBy: 'An agent on a tenant restores sockets with it when connections are handed over by repair.',
    mend: 'Run as root, on a kernel with CONFIG_CHECKPOINT_RESTORE, or use another way of handing over.',
  },
];

function judgeFeature(feature: Feature, presence: Presence): Opinion {
  if (presence === 'present') return ok(`the kernel has ${feature.name}`);
  if (presence === 'unknown') {
    return skipped(
      `whether the kernel has ${feature.name} could not be found out (it takes root and iproute2)`,
    );
  }
  return {
    status: 'warning',
    finding: `the kernel has no ${feature.name.replace(/^the /, '')}, or it is switched off`,
    explanation: feature.neededBy,
    mend: feature.mend,
  };
}

export const kernelFeatures: readonly Check[] = FEATURES.map(feature => ({
  id: feature.id,
  run: ({ machine }) => [judgeFeature(feature, machine[feature.key] as Presence)],
}));
