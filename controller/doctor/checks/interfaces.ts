import { type Check, ok } from '../finding.js';

export const interfaceErrors: Check = {
  id: 'interface-errors',
  run({ database }) {
    if ('error' in database) return [];
    return database.bridges.flatMap(({ name, interfaces }) => {
      const broken = interfaces.filter(({ error }) => error !== undefined);
      if (broken.length === 0) return [ok('every port of the bridge could be opened', name)];
      return broken.map(({ name: device, error }) => ({
        status: 'problem' as const,
        subject: name,
        finding: `the port ${device} could not be opened: ${error}`,
        explanation: 'It is in the database, but no packet goes through it.',
        mend: `Make the device, or take the port away: \`ovs-vsctl del-port ${name} ${device}\`.`,
      }));
    });
  },
};

export const checksumOffload: Check = {
  id: 'checksum-offload',
  run({ database }) {
    if ('error' in database || !database.local) return [];
    return database.bridges
      .filter(({ datapathType }) => datapathType === 'netdev')
      .flatMap(({ name, interfaces }) => {
        const open = interfaces.flatMap(item => (item.openChecksums === undefined ? [] : [item]));
        if (open.length === 0) return [ok('no host behind a veth leaves its checksums open', name)];
        return open.map(({ name: device, openChecksums }) => ({
          status: 'problem' as const,
          subject: name,
          finding: `${openChecksums!.device}, behind port ${device}, leaves checksums to be finished by others`,
          explanation:
            'A veth pair leaves that to the receiver, and the userspace datapath does not do it: ping works, TCP and ' +
            'UDP arrive with wrong checksums and are dropped.',
          mend: `\`${openChecksums!.command}\`.`,
        }));
      });
  },
};
