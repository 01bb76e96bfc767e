import { expect } from 'chai';
import type { DecodedAction, DecodedInstruction } from '../../../controller/openflow/index.js';
import { specification } from '../../../controller/openflow/spec/index.js';
import { annotated, pins } from './vector.js';

const actions: [hex: string, action: DecodedAction][] = [
  ['0000 0010 fffffffd 0080 000000000000', { type: 'output', port: 0xfffffffd, maxLen: 128 }],
  ['000b 0008 00000000', { type: 'copy-ttl-out' }],
  ['000c 0008 00000000', { type: 'copy-ttl-in' }],
  ['000f 0008 40 000000', { type: 'set-mpls-ttl', mplsTtl: 64 }],
  ['0010 0008 00000000', { type: 'dec-mpls-ttl' }],
  ['0011 0008 8100 0000', { type: 'push-vlan', etherType: 0x8100 }],
  ['0012 0008 00000000', { type: 'pop-vlan' }],
  ['0013 0008 8848 0000', { type: 'push-mpls', etherType: 0x8848 }],
  ['0014 0008 0800 0000', { type: 'pop-mpls', etherType: 0x0800 }],
  ['0015 0008 00000007', { type: 'set-queue', queueId: 7 }],
  ['0016 0008 00000005', { type: 'group', groupId: 5 }],
  ['0017 0008 ff 000000', { type: 'set-nw-ttl', nwTtl: 255 }],
  ['0018 0008 00000000', { type: 'dec-nw-ttl' }],
  ['0019 0010 80000606 020000000001 0000', { type: 'set-field', field: { ethDst: '02:00:00:00:00:01' } }],
  ['0019 0010 80001c02 1f90 000000000000', { type: 'set-field', field: { tcpDst: 8080 } }],
  [
    '0019 0018 80003610 fe800000000000000000000000000001',
    { type: 'set-field', field: { ipv6Dst: 'fe80::1' } },
  ],
  ['0019 0010 80015a02 abcd 000000000000', { type: 'set-field', field: { '0x80015a02': annotated('abcd') } }],
  ['001a 0008 88e7 0000', { type: 'push-pbb', etherType: 0x88e7 }],
  ['001b 0008 00000000', { type: 'pop-pbb' }],
  ['ffff 0008 00abcdef', { type: 'experimenter', experimenter: 0x00abcdef, data: annotated('') }],
  [
    'ffff 0010 00abcdef 0001020304050607',
    { type: 'experimenter', experimenter: 0x00abcdef, data: annotated('0001020304050607') },
  ],
];

const output = '0000 0010 00000001 ffff 000000000000';
const outputAction: DecodedAction = { type: 'output', port: 1, maxLen: 0xffff };

const instructions: [hex: string, instruction: DecodedInstruction][] = [
  ['0001 0008 03 000000', { type: 'goto-table', tableId: 3 }],
  [
    '0002 0018 00000000 0000000000000005 00000000000000ff',
    { type: 'write-metadata', metadata: 5n, mask: 0xffn },
  ],
  [`0003 0018 00000000 ${output}`, { type: 'write-actions', actions: [outputAction] }],
  [
    `0004 0028 00000000 ${output} ${output}`,
    { type: 'apply-actions', actions: [outputAction, outputAction] },
  ],
  ['0004 0008 00000000', { type: 'apply-actions', actions: [] }],
  ['0005 0008 00000000', { type: 'clear-actions' }],
  ['0006 0008 00000009', { type: 'meter', meterId: 9 }],
  [
    'ffff 0010 00abcdef 0102030405060708',
    { type: 'experimenter', experimenter: 0x00abcdef, data: annotated('0102030405060708') },
  ],
];

const u16 = (value: number): string => value.toString(16).padStart(4, '0');

describe('openflow action vectors', () => {
  for (const [hex, action] of actions) {
    const length = annotated(hex).length;
    pins(
      `${action.type} of ${length} bytes`,
      `04 0d ${u16(24 + length)} 00000000 ffffffff 00000001 ${u16(length)} 000000000000 // PACKET_OUT
       ${hex}`,
      { type: 'packet-out', xid: 0, bufferId: 0xffffffff, inPort: 1, actions: [action], data: annotated('') },
    );
  }

  it('pins every action of OpenFlow 1.3', () => {
    const pinned = new Set(actions.map(([, { type }]) => type as string));
    expect([...pinned].sort()).to.deep.equal(standardTags('Action'));
  });
});

describe('openflow instruction vectors', () => {
  for (const [hex, instruction] of instructions) {
    const length = annotated(hex).length;
    pins(
      `${instruction.type} of ${length} bytes`,
      `04 0e ${u16(56 + length)} 00000000 // FLOW_MOD
       0000000000000000 0000000000000000 00 00 0000 0000 8000 ffffffff ffffffff ffffffff 0000 0000
       0001 0004 00000000 // match: everything
       ${hex}`,
      {
        type: 'flow-mod',
        xid: 0,
        cookie: 0n,
        cookieMask: 0n,
        tableId: 0,
        command: 'add',
        idleTimeout: 0,
        hardTimeout: 0,
        priority: 0x8000,
        bufferId: 0xffffffff,
        outPort: 0xffffffff,
        outGroup: 0xffffffff,
        flags: [],
        match: {},
        instructions: [instruction],
      },
    );
  }

  it('pins every instruction of OpenFlow 1.3', () => {
    const pinned = new Set(instructions.map(([, { type }]) => type as string));
    expect([...pinned].sort()).to.deep.equal(standardTags('Instruction'));
  });
});

function standardTags(name: string): string[] {
  const { variants } = specification.unions.find(union => union.name === name)!;
  return variants
    .filter(({ experimenter }) => experimenter === undefined)
    .map(({ tag }) => tag)
    .sort();
}
