#include "request.h"

#include <string.h>

#define MAGIC 0x43465231u /* CFR1 */
enum { TIMESTAMPS = 1, SACK = 2, WINDOW_SCALE = 4 };
#define MAX_SCALE 14
#define MIN_MSS 88 /* the kernel's own minimum */

static uint16_t read16(const uint8_t *b)
{
    return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t read32(const uint8_t *b)
{
    return (uint32_t)read16(b) << 16 | read16(b + 2);
}

static void write32(uint8_t *b, uint32_t value)
{
    for (int i = 0; i < 4; i++) b[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void read_address(struct sockaddr_storage *to, int family, const uint8_t *address, uint16_t port)
{
    memset(to, 0, sizeof(*to));
    if (family == 4) {
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)to;
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        memcpy(&ipv4->sin_addr, address, 4);
    } else {
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)to;
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons(port);
        memcpy(&ipv6->sin6_addr, address, 16);
    }
}

int request_read(const uint8_t b[REQUEST_LENGTH], uint32_t *id, struct connection *c)
{
    if (read32(b) != MAGIC) return -1;
    *id = read32(b + 4);
    int family = b[8], options = b[9];
    if ((family != 4 && family != 6) || (options & ~(TIMESTAMPS | SACK | WINDOW_SCALE)) || read16(b + 18) != 0) return -1;
    memset(c, 0, sizeof(*c));
    c->timestamps = (options & TIMESTAMPS) != 0;
    c->sack = (options & SACK) != 0;
    c->window_scale = (options & WINDOW_SCALE) != 0;
    c->client_scale = b[10];
    c->tenant_scale = b[11];
    c->mss = read16(b + 12);
    if (c->client_scale > MAX_SCALE || c->tenant_scale > MAX_SCALE || c->mss < MIN_MSS) return -1;
    c->send_sequence = read32(b + 20);
    c->receive_sequence = read32(b + 24);
    c->tsval = read32(b + 28);
    c->client_window = read32(b + 32);
    c->offered_window = read32(b + 36);
    read_address(&c->tenant, family, b + 40, read16(b + 14));
    read_address(&c->client, family, b + 56, read16(b + 16));
    c->address_length = family == 4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    return 0;
}

void reply_write(uint8_t b[REPLY_LENGTH], uint32_t id, enum restore_step step, int error)
{
    write32(b, MAGIC);
    write32(b + 4, id);
    write32(b + 8, (uint32_t)step << 16 | (uint32_t)(error & 0xffff));
}
