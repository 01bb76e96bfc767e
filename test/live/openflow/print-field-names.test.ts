import type { MultipartReplyBody } from '../../../controller/openflow/index.js';
import { OXM_FIELDS } from '../../../controller/openflow/index.js';
import { type Reading, readsAsMeant } from './ovs-ofctl.js';

/** Open vSwitch's names of fields, where they are not ours with underscores. */
const NAMES: Record<string, string> = {
  inPort: 'in_port_oxm',
  ipv4Src: 'ip_src',
  ipv4Dst: 'ip_dst',
  ipProto: 'nw_proto',
  ipEcn: 'nw_ecn',
  ipTtl: 'nw_ttl',
  icmpv4Type: 'icmp_type',
  icmpv4Code: 'icmp_code',
  ipv6Flabel: 'ipv6_label',
  ipv6NdTarget: 'nd_target',
  ipv6NdSll: 'nd_sll',
  ipv6NdTll: 'nd_tll',
  tunnelId: 'tun_id',
  tunIpv4Src: 'tun_src',
  tunIpv4Dst: 'tun_dst',
  nxmInPort: 'in_port',
  nxmIpTos: 'nw_tos',
  nxmIpProto: 'nw_proto',
  nxmIpEcn: 'nw_ecn',
  nxoxmDpHash: 'dp_hash',
  oxmTcpFlags: 'tcp_flags',
  oxmActsetOutput: 'actset_output',
};

/** Fields of OpenFlow that Open vSwitch does not have. */
const UNKNOWN = ['inPhyPort', 'pbbIsid', 'ipv6Exthdr'];

const theirs = (name: string): string =>
  NAMES[name] ??
  name
    .replace(/^nxm/, '')
    .replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    .replace(/^_/, '');

const reading = (name: string): Reading => {
  const properties = (
    [
      'instructions',
      'next-tables',
      'write-actions',
      'apply-actions',
      'write-setfield',
      'apply-setfield',
    ] as const
  ).map(type => ({ type }));
  const ids = { oxmIds: [name] };
  const body: MultipartReplyBody = {
    type: 'table-features',
    tables: [
      { tableId: 0, properties: [...properties, { type: 'match', ...ids }, { type: 'wildcards', ...ids }] },
    ],
  };
  return [
    { type: 'multipart-reply', body },
    ['  table 0:', '    matching:', `      exact match or wildcard: ${theirs(name)}`],
    name,
  ];
};

describe('Open vSwitch knows the fields that we name', () => {
  const names = OXM_FIELDS.map(({ name }) => name).filter(name => !UNKNOWN.includes(name));
  readsAsMeant('in table features', names.map(reading));
});
