/* tc ingress program of a tenant: makes a connection of the first segment that follows the controller's SYN-ACK.
 * README.md has the cookie and the table of what happens to which segment. */
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "cookie.h"

#define TC_ACT_OK 0
#define TC_ACT_SHOT 2
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define IP_FRAGMENT 0x3fff /* more fragments, or an offset */
#define ETH_HLEN 14
#define TCP_HEADER 20
#define TCP_RST 0x04
#define TCP_OPTIONS 40
#define TCPOPT_EOL 0
#define TCPOPT_NOP 1
#define TCPOPT_TIMESTAMP 8
#define TCPOLEN_TIMESTAMP 10
#define ENOMEM 12

extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *skb, struct sock *sk, struct bpf_tcp_req_attrs *attrs,
                                   int attrs__sz) __ksym;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, EPOCHS);
    __type(key, __u32);
    __type(value, struct cookie_key);
} cloakflow_keys SEC(".maps");

/* What became of segments with the mark of a handed-off connection that met a listener. */
enum outcome { ACCEPTED, OVERTAKEN, OUT_OF_MEMORY, REFUSED, OUTCOMES };
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, OUTCOMES);
    __type(key, __u32);
    __type(value, __u64);
} cloakflow_count SEC(".maps");

struct packet {
    union {
        struct iphdr ipv4;
        struct ipv6hdr ipv6;
    };
    struct tcphdr tcp;
    struct segment segment;
    struct bpf_sock_tuple tuple;
    __u32 ip_length; /* bytes of the IP header */
    __u32 tuple_length;
    const struct cookie_key *key; /* of the epoch under which h1 is right */
    int first_byte;
};

static __always_inline void count(__u32 outcome)
{
    __u64 *counter = bpf_map_lookup_elem(&cloakflow_count, &outcome);
    if (counter) ++*counter;
}

/* Reads `length` bytes at `offset` after the start of the IP header; true when they are there. */
static __always_inline int read(struct __sk_buff *skb, __u32 offset, void *to, __u32 length)
{
    return bpf_skb_load_bytes_relative(skb, offset, to, length, BPF_HDR_START_NET) == 0;
}

static __always_inline int read_ipv4(struct __sk_buff *skb, struct packet *p)
{
    if (!read(skb, 0, &p->ipv4, sizeof(p->ipv4))) return 0;
    if (p->ipv4.protocol != IPPROTO_TCP || p->ipv4.ihl < 5 || (p->ipv4.frag_off & bpf_htons(IP_FRAGMENT))) return 0;
    p->ip_length = p->ipv4.ihl * 4;
    if (!read(skb, p->ip_length, &p->tcp, sizeof(p->tcp))) return 0;
    p->segment.family = 4;
    p->segment.client[0] = p->ipv4.saddr;
    p->tuple.ipv4.saddr = p->ipv4.saddr;
    p->tuple.ipv4.daddr = p->ipv4.daddr;
    p->tuple.ipv4.sport = p->tcp.source;
    p->tuple.ipv4.dport = p->tcp.dest;
    p->tuple_length = sizeof(p->tuple.ipv4);
    return 1;
}

static __always_inline int read_ipv6(struct __sk_buff *skb, struct packet *p)
{
    if (!read(skb, 0, &p->ipv6, sizeof(p->ipv6)) || p->ipv6.nexthdr != IPPROTO_TCP) return 0;
    p->ip_length = sizeof(p->ipv6);
    if (!read(skb, p->ip_length, &p->tcp, sizeof(p->tcp))) return 0;
    p->segment.family = 6;
    __builtin_memcpy(p->segment.client, &p->ipv6.saddr, 16);
    __builtin_memcpy(p->tuple.ipv6.saddr, &p->ipv6.saddr, 16);
    __builtin_memcpy(p->tuple.ipv6.daddr, &p->ipv6.daddr, 16);
    p->tuple.ipv6.sport = p->tcp.source;
    p->tuple.ipv6.dport = p->tcp.dest;
    p->tuple_length = sizeof(p->tuple.ipv6);
    return 1;
}

/* Looks for timestamps among the options; false for options that are no options. */
static __always_inline int read_timestamp(struct __sk_buff *skb, struct packet *p)
{
    __u8 options[TCP_OPTIONS] = {};
    __u32 length = p->tcp.doff * 4, at = 0;

    if (length < TCP_HEADER) return 0;
    length -= TCP_HEADER;
    if (length == 0) return 1;
    if (length > TCP_OPTIONS || !read(skb, p->ip_length + TCP_HEADER, options, length)) return 0;
    for (int i = 0; i < TCP_OPTIONS; i++) {
        if (at >= length || at >= TCP_OPTIONS || options[at] == TCPOPT_EOL) return 1;
        if (options[at] == TCPOPT_NOP) {
            at++;
            continue;
        }
        if (at + 1 >= length || at + 1 >= TCP_OPTIONS || options[at + 1] < 2) return 0;
        if (options[at] == TCPOPT_TIMESTAMP && options[at + 1] == TCPOLEN_TIMESTAMP) {
            if (at + TCPOLEN_TIMESTAMP > length || at > TCP_OPTIONS - TCPOLEN_TIMESTAMP) return 0;
            __builtin_memcpy(&p->segment.tsval, &options[at + 2], 4);
            __builtin_memcpy(&p->segment.tsecr, &options[at + 6], 4);
            p->segment.tsval = bpf_ntohl(p->segment.tsval);
            p->segment.tsecr = bpf_ntohl(p->segment.tsecr);
            p->segment.has_timestamp = 1;
            return 1;
        }
        at += options[at + 1];
    }
    return 1;
}

/* Compares the cookie under both keys; true when h1 is right under one. */
static __always_inline int recognise(struct __sk_buff *skb, struct packet *p)
{
    p->segment.server_port = p->tcp.dest;
    p->segment.client_isn = bpf_ntohl(p->tcp.seq) - 1;
    p->segment.cookie = bpf_ntohl(p->tcp.ack_seq) - 1;
    for (__u32 slot = 0; slot < EPOCHS; slot++) {
        __u32 index = slot;
        const struct cookie_key *key = bpf_map_lookup_elem(&cloakflow_keys, &index);
        if (!key || !key->present || !cookie_is_connection(key, &p->segment)) continue;
        if (!p->key && !read_timestamp(skb, p)) return 0;
        p->key = key;
        p->first_byte = cookie_is_first_byte(key, &p->segment);
        if (p->first_byte) break;
    }
    return p->key != NULL;
}

/* The kernel sets the connection's clock to this as of now, and takes the time since the segment's own echo for a round
 * trip. Were both equal it would be a millisecond, whatever it is, and BBR would keep that for ten seconds. So long a
 * time as the kernel believes in none (INT_MAX microseconds) it measures by its own first data instead. */
static __always_inline __u32 clock_of(const struct segment *segment)
{
    __u32 echo = segment->tsecr;
    return (echo & CLOCK_MARKS) == CLOCK_ROUND_TRIP ? echo + (echo >> CLOCK_SHIFT & CLOCK_MASK) : echo + NO_ROUND_TRIP;
}

static __always_inline int accept(struct __sk_buff *skb, struct packet *p, struct bpf_sock *listener)
{
    __u8 scale = p->segment.cookie & 0xf;
    struct tcp_sock *tcp = bpf_skc_to_tcp_sock(listener);
    if (!tcp || !p->key) return TC_ACT_OK;

    struct bpf_tcp_req_attrs attrs = {
        .rcv_tsval = p->segment.tsval,
        .rcv_tsecr = clock_of(&p->segment),
        .mss = cookie_mss(&p->segment),
        .sack_ok = p->segment.cookie >> 4 & 1,
        .tstamp_ok = p->segment.has_timestamp,
    };
    if (scale != NO_WINDOW_SCALE) {
        attrs.wscale_ok = 1;
        attrs.snd_wscale = scale;
        attrs.rcv_wscale = p->key->tenant_window_scale;
    }
    /* Not a cast: the whole type has to be among the program's, or the kernel function does not fit it. */
    struct sock *sk = &tcp->inet_conn.icsk_inet.sk;
    int error = bpf_sk_assign_tcp_reqsk(skb, sk, &attrs, sizeof(attrs));
    count(error == 0 ? ACCEPTED : error == -ENOMEM ? OUT_OF_MEMORY : REFUSED);
    return error == -ENOMEM ? TC_ACT_SHOT : TC_ACT_OK;
}

/* The first segment is still under way: without this one the client sends it again, and the kernel sends no RST. A
 * SYN cookie of the kernel's own may look like ours by chance; it is the kernel's. */
static __always_inline int overtaken(struct packet *p, struct bpf_sock *listener)
{
    struct tcp_sock *sk = bpf_skc_to_tcp_sock(listener);
    void *ip = &p->ipv6;
    if (!sk) return TC_ACT_OK;
    __u32 length = p->segment.family == 4 ? sizeof(p->ipv4) : sizeof(p->ipv6);
    if (bpf_tcp_check_syncookie(sk, ip, length, &p->tcp, sizeof(p->tcp)) == 0) return TC_ACT_OK;
    count(OVERTAKEN);
    return TC_ACT_SHOT;
}

/* A client may use a port anew while the tenant still remembers the connection before: its kernel would answer by
 * the old connection's numbers, and go on remembering. The segment becomes the RST that ends that (as RFC 1337 has it,
 * every kernel's default); the client sends the segment again, and finds the listener. */
static __always_inline void end_old(struct __sk_buff *skb, struct packet *p, __u32 rcv_nxt)
{
    __u32 tcp = ETH_HLEN + p->ip_length, checksum = tcp + __builtin_offsetof(struct tcphdr, check);
    __be32 from, to = bpf_htonl(rcv_nxt);

    bpf_l4_csum_replace(skb, checksum, p->tcp.seq, to, 4);
    bpf_skb_store_bytes(skb, tcp + 4, &to, 4, BPF_F_RECOMPUTE_CSUM);
    /* No options any more: data offset 5, RST alone, and the window as it was. */
    if (!read(skb, p->ip_length + 12, &from, 4)) return;
    to = (from & bpf_htonl(0x0000ffff)) | bpf_htonl(5 << 28 | TCP_RST << 16);
    bpf_l4_csum_replace(skb, checksum, from, to, 4);
    bpf_skb_store_bytes(skb, tcp + 12, &to, 4, BPF_F_RECOMPUTE_CSUM);
}

/* Whether a connection may have sent this segment by its number: one in half a million of those of a long upload bears the whole
 * cookie by chance (h2 and h2'), one in four thousand without timestamps. None goes beyond the window that was offered, whose
 * right edge never goes back; repetitions come from as far behind as a window was ever wide. The next connection of a Linux client
 * begins ahead, by 15 MiB for each second. */
static __always_inline int is_within(struct packet *p, const struct tcp_sock *sk)
{
    __u32 ahead = sk->rcv_wnd, behind = sk->window_clamp;
    if (behind < ahead) behind = ahead;
    return p->segment.client_isn + 1 - sk->rcv_nxt + behind <= behind + ahead;
}

/* Whether a connection began by another segment than this one, and was handed off as well, by a key that still holds: the
 * client is no longer in it. Of others, that the listener answered itself, the client may know under another address. */
static __always_inline int is_former(struct packet *p, const struct tcp_sock *sk)
{
    __u32 first = sk->rcv_nxt - (__u32)sk->bytes_received;
    if (first == p->segment.client_isn + 1 || is_within(p, sk)) return 0;
    p->segment.cookie = sk->snd_una - (__u32)sk->bytes_acked - 1;
    for (__u32 slot = 0; slot < EPOCHS; slot++) {
        __u32 index = slot;
        const struct cookie_key *key = bpf_map_lookup_elem(&cloakflow_keys, &index);
        if (key && key->present && cookie_is_connection(key, &p->segment)) return 1;
    }
    return 0;
}

SEC("tc")
int handoff(struct __sk_buff *skb)
{
    struct packet p = {};
    int action = TC_ACT_OK;

    if (skb->protocol == bpf_htons(ETH_P_IP)) {
        if (!read_ipv4(skb, &p)) return TC_ACT_OK;
    } else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
        if (!read_ipv6(skb, &p)) return TC_ACT_OK;
    } else {
        return TC_ACT_OK;
    }
    if (!p.tcp.ack || p.tcp.syn || p.tcp.rst || p.tcp.fin) return TC_ACT_OK;
    if (!recognise(skb, &p)) return TC_ACT_OK;

    struct bpf_sock *found = bpf_skc_lookup_tcp(skb, &p.tuple, p.tuple_length, BPF_F_CURRENT_NETNS, 0);
    if (!found) return TC_ACT_OK;
    if (found->state == TCP_LISTEN)
        action = p.first_byte ? accept(skb, &p, found) : overtaken(&p, found);
    else if (p.first_byte) {
        struct tcp_timewait_sock *waiting = bpf_skc_to_tcp_timewait_sock(found);
        struct tcp_sock *sk = bpf_skc_to_tcp_sock(found);
        if (waiting) end_old(skb, &p, waiting->tw_sk.__tw_common.skc_tw_rcv_nxt);
        else if (sk && found->state != TCP_SYN_RECV && is_former(&p, sk)) end_old(skb, &p, sk->rcv_nxt);
    }
    bpf_sk_release(found);
    return action;
}

char program_license[] SEC("license") = "Dual MIT/GPL";
