/* The cookie of a handed-off connection: README.md and apps/popsicl/cookie/cookie-layout.ts say the layout. */
#pragma once

#include "siphash.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the hashed words are put together for little-endian machines"
#endif

#define EPOCHS 2
#define TAG_CONNECTION 1
#define TAG_FIRST_BYTE 2
#define NO_WINDOW_SCALE 15
/* In the echoed timestamp */
#define CLOCK_SHIFT 8
#define CLOCK_MASK 0xfffff
#define CLOCK_MARKS 0xf0000000
#define CLOCK_ROUND_TRIP 0x40000000
#define NO_ROUND_TRIP (1 << 22) /* milliseconds, more than INT_MAX microseconds */

/* Value of the map of keys; slot = epoch & 1. 24 bytes, no padding of the compiler's. */
struct cookie_key {
    __u64 k0, k1;             /* key bytes 0..7 and 8..15, little-endian */
    __u8 present;             /* 0: the slot is empty */
    __u8 tenant_window_scale; /* what the SYN-ACK of this epoch offered */
    __u8 reserved[6];
};

/* What a segment says of the connection; addresses and ports as on the wire. */
struct segment {
    __u32 client[4]; /* IPv4: client[0] */
    __u16 server_port;
    __u8 family; /* 4 or 6 */
    __u8 has_timestamp;
    __u32 client_isn; /* host order; right for the first byte of the stream only */
    __u32 cookie;     /* host order */
    __u32 tsval, tsecr;
};

static __always_inline __u64 cookie_hash(const struct cookie_key *key, const struct segment *segment, __u8 tag)
{
    struct sip_state s = sip_start(key->k0, key->k1);
    __u64 last = segment->server_port | (__u64)tag << 16 | (__u64)segment->family << 24;
    __u64 isn = bpf_htonl(segment->client_isn);

    if (segment->family == 4) {
        sip_word(&s, segment->client[0] | last << 32);
        return tag == TAG_CONNECTION ? sip_end(&s, 0, 8) : sip_end(&s, isn, 12);
    }
    sip_word(&s, segment->client[0] | (__u64)segment->client[1] << 32);
    sip_word(&s, segment->client[2] | (__u64)segment->client[3] << 32);
    if (tag == TAG_CONNECTION) return sip_end(&s, last, 20);
    sip_word(&s, last | isn << 32);
    return sip_end(&s, 0, 24);
}

/* h1: a segment of some connection that was handed off. */
static __always_inline int cookie_is_connection(const struct cookie_key *key, const struct segment *segment)
{
    return (cookie_hash(key, segment, TAG_CONNECTION) & 0xfff) == segment->cookie >> 20;
}

/* h2 and h2': the segment that carries the stream's first byte. */
static __always_inline int cookie_is_first_byte(const struct cookie_key *key, const struct segment *segment)
{
    __u64 hash = cookie_hash(key, segment, TAG_FIRST_BYTE);
    if ((hash & 0xfff) != (segment->cookie >> 8 & 0xfff)) return 0;
    return !segment->has_timestamp || (segment->tsecr & 0xff) == (hash >> 12 & 0x7f) << 1;
}

static __always_inline __u16 cookie_mss(const struct segment *segment)
{
    int ipv4 = segment->family == 4;
    switch (segment->cookie >> 5 & 7) {
    case 0: return ipv4 ? 536 : 1220;
    case 1: return ipv4 ? 1220 : 1280;
    case 2: return ipv4 ? 1360 : 1340;
    case 3: return ipv4 ? 1400 : 1380;
    case 4: return ipv4 ? 1440 : 1420;
    case 5: return ipv4 ? 1452 : 1432;
    case 6: return ipv4 ? 1460 : 1440;
    default: return ipv4 ? 8960 : 8940;
    }
}
