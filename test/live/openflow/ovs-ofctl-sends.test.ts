import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode } from '../../../controller/openflow/index.js';
import { until } from '../../../mininet/driver/until.js';
import { answers } from './fake-answers.js';
import { FakeSwitch } from './fake-switch.js';
import { ovsOfctlInstalled, runOvsOfctl } from './ovs-ofctl.js';
import { expectStructured } from './structured.js';

/** Options before the command, the command, and what follows the name of the switch. */
interface Command {
  options?: readonly string[];
  command: string;
  args?: readonly string[];
  /** Tags that the messages it sends must have. */
  sends: readonly string[];
}

const flow = (text: string): Command => ({ command: 'add-flow', args: [text], sends: ['flow-mod'] });
const plain = (command: string, sends: string, ...args: string[]): Command => ({
  command,
  args,
  sends: [sends],
});

const FLOWS = [
  'tcp,tcp_flags=+syn-ack,ct_state=+trk+new,ct_zone=5,ct_mark=1/3,ct_label=2,actions=drop',
  'reg0=1,reg1=2/3,xreg1=4,xxreg1=5,pkt_mark=6,conj_id=7,tun_id=8,tun_src=1.2.3.4,tun_dst=1.2.3.0/24,actions=drop',
  'tun_ipv6_src=fd00::1,tun_ipv6_dst=fd00::/16,tun_flags=oam,tun_gbp_id=3,tun_gbp_flags=0x40,actions=drop',
  'dp_hash=0x1/0xf,recirc_id=0,actset_output=3,actions=drop',
  'ip,ip_frag=later,nw_ttl=64,nw_tos=184,nw_ecn=1,actions=drop',
  'mpls,mpls_ttl=3,mpls_label=5,mpls_tc=1,mpls_bos=0,actions=drop',
  'icmp6,icmpv6_type=135,nd_target=fd00::1,nd_sll=1:2:3:4:5:6,actions=drop',
  'icmp6,icmpv6_type=136,icmpv6_code=0,nd_tll=1:2:3:4:5:6,nd_reserved=5,nd_options_type=2,actions=drop',
  'ct_state=+trk+new,tcp,ct_nw_proto=6,ct_nw_src=1.2.3.4,ct_nw_dst=4.0.0.0/8,ct_tp_src=1,ct_tp_dst=2/3,actions=drop',
  'ct_state=+trk+new,tcp6,ct_nw_proto=6,ct_ipv6_src=fd00::1,ct_ipv6_dst=fd00::2,actions=drop',
  'tun_metadata0=0x1234/0xff,tun_metadata63,actions=drop',
  'vlan_tci=0x1005/0x1fff,in_port=3,dl_vlan_pcp=2,actions=drop',
  'arp,arp_op=1,arp_spa=1.2.3.4,arp_tpa=1.2.3.5,arp_sha=1:2:3:4:5:6,arp_tha=1:2:3:4:5:7,actions=drop',
  'sctp,sctp_src=1,sctp_dst=2/3,actions=drop',
  'udp6,ipv6_src=fd00::1,ipv6_dst=fd00::/8,ipv6_label=0x12345,udp_src=1,udp_dst=2,actions=drop',
  'icmp,icmp_type=8,icmp_code=0,metadata=0x7/0xf,actions=drop',
  'dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,dl_src=1:2:3:4:5:6,actions=drop',
  'tun_erspan_ver=2,tun_erspan_dir=1,tun_erspan_hwid=3,actions=drop',
  'cookie=0x77,table=3,priority=9,idle_timeout=5,hard_timeout=6,send_flow_rem,check_overlap,reset_counts,actions=drop',
];

const ACTIONS = [
  'load:0x12->NXM_NX_REG1[4..11],load:5->reg2',
  'set_field:0x5/0xf->reg3,set_field:0x1122->xreg1,set_field:1->xxreg1,set_field:1:2:3:4:5:6->eth_dst',
  'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],move:xreg0[0..31]->reg5[]',
  'resubmit(3,4),resubmit:3,resubmit(,5)',
  'learn(table=1,hard_timeout=10,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])',
  'learn(table=2,idle_timeout=5,fin_idle_timeout=1,cookie=0x77,priority=9,send_flow_rem,delete_learned,eth_type=0x800,ip_proto=6,tcp_dst=80,load:0xabc->NXM_NX_REG0[0..11],load:NXM_NX_REG1[0..3]->NXM_NX_REG2[4..7])',
  'learn(table=2,limit=7,result_dst=reg0[3],eth_type=0x800),learn(table=2,limit=7,eth_type=0x800)',
  'learn(table=3,eth_type=0x86dd,ipv6_dst=fd00::1)',
  'ct_clear,note:01.02.03,note:01.02.03.04.05.06.07',
  'controller,controller(reason=no_match,max_len=100,id=3)',
  'controller(userdata=01.02.03,pause,id=5,max_len=60,reason=invalid_ttl,meter_id=9)',
  'output:NXM_NX_REG0[0..15],output:OXM_OF_IN_PORT[],output:xreg0[0..15],output(port=2,max_len=100)',
  'sample(probability=100,collector_set_id=1,obs_domain_id=2,obs_point_id=3)',
  'sample(probability=100,collector_set_id=1,sampling_port=4),sample(probability=1,collector_set_id=1,sampling_port=4,egress)',
  'push:NXM_NX_REG0[0..7],push:xxreg0[0..127],pop:NXM_NX_REG0[0..7]',
  'multipath(eth_src,50,modulo_n,8,0,NXM_NX_REG0[0..7]),multipath(symmetric_l3l4+udp,50,iter_hash,8,3,NXM_NX_REG0[0..7])',
  'bundle(symmetric_l4,60,hrw,ofport,members:2,3),bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG0[],members:2,3,4)',
  'set_tunnel:0x1234,set_tunnel64:0x123456789abcdef0,set_queue:3,pop_queue,enqueue(1,2)',
  'exit,clone(resubmit(,1),output:2)',
  'encap(nsh(md_type=1)),decap(),encap(ethernet),encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))',
  'check_pkt_larger(1500)->NXM_NX_REG0[3],delete_field:tun_metadata1',
  'set_field:10.1.1.1->tun_dst,set_field:fd00::1->tun_ipv6_dst,set_field:5->pkt_mark,set_field:0x12->tun_metadata0',
  'push_vlan:0x8100,set_field:4101->vlan_vid,group:7,in_port,normal,flood,all,local,table',
  'meter:3,output:1,clear_actions,write_actions(set_queue:1,output:2),write_metadata:0x1234/0xffff,goto_table:3',
];

const COMMANDS: readonly Command[] = [
  ...FLOWS.map(flow),
  ...ACTIONS.map(actions => flow(`actions=${actions}`)),
  flow('ip,actions=dec_ttl,dec_ttl(1,2,3),mod_nw_ttl:5'),
  flow('ip,actions=conjunction(7,1/2),conjunction(8,2/3)'),
  flow('tcp,actions=fin_timeout(idle_timeout=1,hard_timeout=2)'),
  flow('mpls,actions=set_mpls_ttl(5),dec_mpls_ttl,set_field:7->mpls_label,pop_mpls:0x800'),
  flow('dl_vlan=5,actions=pop_vlan'),
  flow('actions=push_mpls:0x8847'),
  flow('ip,actions=ct(table=1,nat),ct(commit,force,zone=NXM_NX_REG0[0..15])'),
  flow('tcp,actions=ct(commit,zone=5,alg=ftp),ct(commit,nat(dst=10.0.0.1:80))'),
  flow(
    'ip,actions=ct(commit,table=3,zone=5,nat(src=10.0.0.1-10.0.0.9:100-200,random),exec(load:1->NXM_NX_CT_MARK[],set_field:2->ct_label))',
  ),
  flow('ipv6,actions=ct(commit,nat(dst=fd00::1-fd00::2,persistent,hash))'),
  flow('ct_state=+trk+est,tcp,actions=resubmit(,5,ct)'),
  plain('del-flows', 'flow-mod', 'ip'),
  plain('mod-flows', 'flow-mod', 'ip,actions=2'),
  { options: ['--strict'], ...plain('mod-flows', 'flow-mod', 'ip,actions=2') },
  {
    options: ['--bundle'],
    command: 'add-flows',
    args: ['FLOWS'],
    sends: ['onf-bundle-control', 'onf-bundle-add-message'],
  },
  { options: ['--bundle'], ...plain('del-groups', 'onf-bundle-add-message', 'group_id=4') },
  plain('add-group', 'group-mod', 'group_id=5,type=select,bucket=weight:3,actions=output:1'),
  plain('add-group', 'group-mod', 'group_id=5,type=ff,bucket=watch_port:3,watch_group:2,actions=output:1'),
  plain(
    'add-group',
    'group-mod',
    'group_id=5,type=all,bucket=actions=output:1,bucket=actions=output:2,set_field:1->reg0',
  ),
  plain('add-group', 'group-mod', 'group_id=5,type=indirect,bucket=actions=resubmit(,4)'),
  plain('mod-group', 'group-mod', 'group_id=5,type=all'),
  plain('del-groups', 'group-mod'),
  plain('add-meter', 'meter-mod', 'meter=3,kbps,burst,stats,bands=type=drop,rate=100,burst_size=5'),
  plain('add-meter', 'meter-mod', 'meter=controller,pktps,bands=type=drop,rate=100'),
  plain('mod-meter', 'meter-mod', 'meter=3,kbps,bands=type=dscp_remark,rate=100,prec_level=2'),
  plain('del-meters', 'meter-mod'),
  plain('dump-meters', 'multipart-request'),
  plain('meter-stats', 'multipart-request', 'meter=3'),
  plain('meter-features', 'multipart-request'),
  plain('dump-flows', 'multipart-request', 'table=3,ip,out_port=3,cookie=0x7/0xff'),
  plain('dump-aggregate', 'multipart-request', 'ip'),
  plain('dump-ports', 'multipart-request', '3'),
  plain('dump-ports-desc', 'multipart-request'),
  plain('dump-tables', 'multipart-request'),
  plain('dump-table-features', 'multipart-request'),
  plain('dump-desc', 'multipart-request'),
  plain('queue-stats', 'multipart-request'),
  plain('queue-get-config', 'queue-get-config-request', '3'),
  plain('dump-groups', 'multipart-request'),
  plain('dump-group-stats', 'multipart-request', 'group_id=5'),
  plain('dump-group-features', 'multipart-request'),
  plain('dump-ipfix-flow', 'multipart-request'),
  plain('show', 'features-request'),
  plain('get-frags', 'get-config-request'),
  plain('set-frags', 'set-config', 'drop'),
  plain('mod-port', 'port-mod', '3', 'down'),
  plain('mod-port', 'port-mod', '3', 'no-forward'),
  plain('probe', 'echo-request'),
  plain('packet-out', 'packet-out', 'in_port=3,packet=010203040506060504030201080045,actions=output:2'),
  plain(
    'packet-out',
    'packet-out',
    'in_port=CONTROLLER,packet=010203040506060504030201080045,actions=resubmit(,3)',
  ),
  plain(
    'add-tlv-map',
    'nx-tlv-table-mod',
    '{class=0x1234,type=1,len=4}->tun_metadata0,{class=0x1235,type=2,len=8}->tun_metadata3',
  ),
  plain('del-tlv-map', 'nx-tlv-table-mod'),
  plain('dump-tlv-map', 'nx-tlv-table-request'),
  plain('ct-flush-zone', 'nx-ct-flush-zone', '5'),
  plain('ct-flush', 'nx-ct-flush'),
  plain('ct-flush', 'nx-ct-flush', 'zone=5', 'ct_nw_src=10.1.1.1,ct_nw_proto=17,ct_tp_src=1'),
  plain('ct-flush', 'nx-ct-flush', 'ct_nw_src=10.1.1.1,ct_nw_proto=1,icmp_type=8', 'ct_nw_src=10.1.1.3'),
  plain('ct-flush', 'nx-ct-flush', 'ct_ipv6_src=fd00::1,ct_nw_proto=6,ct_tp_dst=80'),
];

describe('what ovs-ofctl sends', () => {
  let folder: string;
  before(function () {
    if (!ovsOfctlInstalled) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-flows-'));
    const flows = ['add in_port=1,actions=2', 'delete_strict in_port=2', 'modify in_port=3,actions=drop'];
    writeFileSync(join(folder, 'FLOWS'), `${flows.join('\n')}\n`);
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  for (const { options = [], command, args = [], sends } of COMMANDS) {
    const title = [...options, command, ...args].join(' ');
    it(`decodes in full and encodes to the same bytes: ${title}`, async () => {
      const given = args.map(arg => (arg === 'FLOWS' ? join(folder, arg) : arg));
      const received = await capture([...options, command], given);
      for (const bytes of received) expectStructured(bytes);
      expect(received.map(bytes => decode(bytes).type)).to.include.members([...sends]);
    });
  }

  it('decodes in full and encodes to the same bytes: monitor 128 watch:', async () => {
    const fake = new FakeSwitch(answers());
    await fake.listen();
    const end = new AbortController();
    const run = runOvsOfctl(['monitor', fake.target, '128', 'watch:'], end.signal);
    try {
      const watches = () =>
        fake.received.some(bytes => {
          const message = decode(bytes);
          return message.type === 'multipart-request' && message.body.type === 'onf-flow-monitor';
        });
      await until('the request to watch', watches);
      for (const bytes of fake.received) expectStructured(bytes);
    } finally {
      end.abort();
      await run;
      await fake.close();
    }
  });
});

/** Runs ovs-ofctl against a fake switch; gives what the switch received. */
async function capture(command: readonly string[], args: readonly string[]): Promise<Uint8Array[]> {
  const fake = new FakeSwitch(answers());
  await fake.listen();
  try {
    const run = await runOvsOfctl([...command, fake.target, ...args]);
    expect(run.stderr, 'ovs-ofctl complained').to.equal('');
    return fake.received;
  } finally {
    await fake.close();
  }
}
