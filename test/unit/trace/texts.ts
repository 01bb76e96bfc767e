/** What `ofproto/trace` of Open vSwitch 3.1.0 printed. */

export const CONNTRACK = `Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,tp_src=0,tp_dst=80,tcp_flags=0

bridge("br0")
-------------
 0. tcp, priority 100, cookie 0xc10a123400000001
    ct(table=1,zone=5,nat)
    nat
     -> A clone of the packet is forked to recirculate. The forked pipeline will be resumed at table 1.
     -> Sets the packet to an untracked state, and clears all the conntrack fields.

Final flow: unchanged
Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_frag=no
Datapath actions: ct(zone=5,nat),recirc(0x1)

===============================================================================
recirc(0x1) - resume conntrack with default ct_state=trk|new (use --ct-next to customize)
Replacing src/dst IP/ports to simulate NAT:
 Initial flow: 
 Modified flow: 
===============================================================================

Flow: recirc_id=0x1,ct_state=new|trk,ct_zone=5,eth,tcp,in_port=1

bridge("br0")
-------------
    thaw
        Resuming from table 1
 1. ct_state=+new+trk,tcp, priority 10, cookie 0xc10a123400000003
    ct(commit,zone=5,nat(dst=10.0.0.9))
    nat(dst=10.0.0.9)
     -> Sets the packet to an untracked state, and clears all the conntrack fields.
    output:2

bridge("br1")
-------------
 0. priority 0
    NORMAL
     -> no learned MAC for destination, flooding

Final flow: recirc_id=0x1,eth,tcp,in_port=1
Megaflow: recirc_id=0x1,ct_state=+new+trk,eth,tcp,in_port=1,nw_frag=no
Datapath actions: ct(commit,zone=5,nat(dst=10.0.0.9)),4
`;

export const NESTED = `Flow: arp,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:07,dl_dst=00:00:00:00:00:00

bridge("br0")
-------------
 0. priority 0, cookie 0xc10a000000000000
    goto_table:3
 3. arp, priority 1, cookie 0xc10affff00000009
    learn(table=4,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])
     >> suppressing side effects, so learn action ignored
    clone(set_field:00:00:00:00:00:02->eth_dst,output:1)
    set_field:00:00:00:00:00:02->eth_dst
    output:1
     >> skipping output to input port
    resubmit(,4)
     4. No match.
            drop
    output:2

    bridge("br1")
    -------------
         0. priority 0
            NORMAL
             -> no learned MAC for destination, flooding
    CONTROLLER:65535

Final flow: unchanged
Megaflow: recirc_id=0,eth,arp,in_port=1,dl_src=00:00:00:00:00:07,dl_dst=00:00:00:00:00:00
Datapath actions: 4,userspace(pid=0,controller(reason=1,dont_send=1,continuation=0,recirc_id=3,rule_cookie=0xc10affff00000009,controller_id=0,max_len=65535))
`;

export const ACTION_SET = `Flow: tcp,in_port=1

bridge("br0")
-------------
 1. ct_state=+est+trk,tcp, priority 10
    write_actions(set_field:00:00:00:00:00:02->eth_dst,output:3)
     -> action set is: set_field:00:00:00:00:00:02->eth_dst,output:3
    goto_table:2
     2. No match.
            drop
--. Executing action set:
    set_field:00:00:00:00:00:02->eth_dst
    output:3

Final flow: tcp,in_port=1,dl_dst=00:00:00:00:00:02
Megaflow: recirc_id=0,eth,tcp,in_port=1
Datapath actions: set(eth(dst=00:00:00:00:00:02)),3
`;

export const DROPPED = `Flow: in_port=1,dl_type=0x1234

bridge("br0")
-------------
 0. priority 0, cookie 0xc10a000000000000
    goto_table:3
 3. No match.
    drop

Final flow: unchanged
Megaflow: recirc_id=0,eth,in_port=1,dl_type=0x1234
Datapath actions: drop
`;

export const EXCEPTION = `Flow: ip,in_port=99,nw_ttl=0,nw_frag=no

bridge("br0")
-------------
 3. ip, priority 1
    dec_ttl
     >> IPv4 decrement TTL exception

Final flow: unchanged
Megaflow: recirc_id=0,eth,ip,in_port=99,nw_proto=0,nw_ttl=0,nw_frag=no
Datapath actions: userspace(pid=0,controller(reason=2,dont_send=1,continuation=0,recirc_id=4,rule_cookie=0,controller_id=0,max_len=65535))
`;
