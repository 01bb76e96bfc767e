/* SipHash-2-4 (Aumasson, Bernstein 2012) over at most three words and a tail, unrolled for BPF. */
#pragma once

#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

struct sip_state {
    __u64 v0, v1, v2, v3;
};

static __always_inline void sip_round(struct sip_state *s)
{
    s->v0 += s->v1;
    s->v1 = ROTATE(s->v1, 13) ^ s->v0;
    s->v0 = ROTATE(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = ROTATE(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = ROTATE(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = ROTATE(s->v1, 17) ^ s->v2;
    s->v2 = ROTATE(s->v2, 32);
}

static __always_inline struct sip_state sip_start(__u64 k0, __u64 k1)
{
    struct sip_state s = {k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL, k0 ^ 0x6c7967656e657261ULL,
                          k1 ^ 0x7465646279746573ULL};
    return s;
}

static __always_inline void sip_word(struct sip_state *s, __u64 word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

/* tail: the last length % 8 bytes, little-endian. length: of everything hashed. */
static __always_inline __u64 sip_end(struct sip_state *s, __u64 tail, __u64 length)
{
    sip_word(s, tail | length << 56);
    s->v2 ^= 0xff;
    sip_round(s);
    sip_round(s);
    sip_round(s);
    sip_round(s);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}
