import { expect } from 'chai';
import { formatFields, formatInstructions } from '../../../controller/cli/flow-text.js';

describe('flows in words', () => {
  it('writes matches with the names of the OXM table', () => {
    expect(
      formatFields({
        inPort: 1,
        ethDst: { value: '01:00:00:00:00:00', mask: '01:00:00:00:00:00' },
        ethType: 0x800,
        ipv4Dst: { value: '10.0.0.0', mask: '255.0.0.0' },
        tcpDst: 443,
      }),
    ).to.equal(
      'in_port=1,eth_dst=01:00:00:00:00:00/01:00:00:00:00:00,eth_type=0x0800,ipv4_dst=10.0.0.0/255.0.0.0,tcp_dst=443',
    );
  });

  it('writes actions in order, and `drop` for none', () => {
    expect(formatInstructions([])).to.equal('drop');
    expect(formatInstructions([{ type: 'apply-actions', actions: [] }])).to.equal('drop');
    expect(
      formatInstructions([
        {
          type: 'apply-actions',
          actions: [
            { type: 'push-vlan', etherType: 0x8100 },
            { type: 'set-field', field: { ethDst: '02:00:00:00:00:01' } },
            { type: 'pop-vlan' },
            { type: 'output', port: 0xfffffffb, maxLen: 0 },
            { type: 'output', port: 0xfffffffd, maxLen: 0xffff },
          ],
        },
        { type: 'write-metadata', metadata: '0x1', mask: '0xff' },
        { type: 'goto-table', tableId: 3 },
      ]),
    ).to.equal(
      'push_vlan:0x8100,set_field:02:00:00:00:00:01->eth_dst,pop_vlan,output:flood,controller:65535,' +
        'write_metadata(metadata=0x1,mask=0xff),goto_table:3',
    );
  });

  it('writes actions that it does not know by their shape', () => {
    expect(
      formatInstructions([
        {
          type: 'apply-actions',
          actions: [
            { type: 'nx-ct', flags: ['commit'], zone: 1, actions: [{ type: 'nx-nat', flags: ['dst'] }] },
          ],
        },
        { type: 'write-actions', actions: [{ type: 'group', groupId: 7 }] },
      ]),
    ).to.equal('nx_ct(flags=[commit],zone=1,actions=[nx_nat:[dst]]),write_actions(group:7)');
  });
});
