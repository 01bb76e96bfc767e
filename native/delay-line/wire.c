#include "wire.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define MEMORY (128UL << 20)
#define SECOND 1000000000ULL

/* Stands before every stored frame. */
struct record {
    uint64_t finish; /* when the frame has left the sender; the delay comes on top */
    uint32_t length; /* bytes stored */
    uint32_t frame;  /* bytes on the wire */
};

static size_t footprint(size_t length)
{
    return (sizeof(struct record) + length + 7) & ~(size_t)7;
}

static struct record *record_at(const struct wire *wire, size_t position)
{
    return (struct record *)(void *)(wire->memory + position);
}

int wire_init(struct wire *wire, const struct settings *settings)
{
    memset(wire, 0, sizeof *wire);
    wire->settings = *settings;
    wire->size = wire->end = MEMORY;
    wire->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (wire->memory == MAP_FAILED) return -1;
    return getrandom(&wire->random, sizeof wire->random, 0) == sizeof wire->random ? 0 : -1;
}

/* splitmix64 */
static uint64_t draw(struct wire *wire)
{
    uint64_t z = (wire->random += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static uint64_t time_on_wire(const struct wire *wire, size_t frame)
{
    return wire->settings.rate_bps == 0 ? 0 : frame * 8 * SECOND / wire->settings.rate_bps;
}

void wire_set(struct wire *wire, const struct settings *settings, uint64_t now)
{
    uint64_t rate = wire->settings.rate_bps;
    wire->settings = *settings;
    if (settings->rate_bps == rate) return;
    wire->busy_until = now;
    size_t position = wire->head;
    for (size_t i = 0; i < wire->frames; i++) {
        if (position == wire->end) position = 0;
        struct record *record = record_at(wire, position);
        if (record->finish > now) {
            wire->busy_until += time_on_wire(wire, record->frame);
            record->finish = wire->busy_until;
        }
        position += footprint(record->length);
    }
}

/* A place for so many bytes behind the last record; NULL when the memory is full. */
static uint8_t *reserve(struct wire *wire, size_t bytes)
{
    if (wire->frames == 0) {
        wire->head = wire->tail = 0;
        wire->end = wire->size;
    }
    if (wire->frames > 0 && wire->tail <= wire->head)
        return wire->head - wire->tail >= bytes ? wire->memory + wire->tail : NULL;
    if (wire->size - wire->tail >= bytes) return wire->memory + wire->tail;
    if (wire->head < bytes) return NULL;
    wire->end = wire->tail;
    wire->tail = 0;
    return wire->memory;
}

int wire_accept(struct wire *wire, const uint8_t *bytes, size_t length, size_t frame, uint64_t now)
{
    wire->counters.received++;
    if (wire->settings.loss_ppm > 0 && draw(wire) % 1000000 < wire->settings.loss_ppm) {
        wire->counters.lost++;
        return 0;
    }
    uint64_t start = now;
    if (wire->settings.rate_bps > 0 && wire->busy_until > now) {
        double waiting = (double)(wire->busy_until - now) * (double)wire->settings.rate_bps / (8.0 * SECOND);
        if (waiting + (double)frame > (double)wire->settings.queue_bytes) {
            wire->counters.overflowed++;
            return 0;
        }
        start = wire->busy_until;
    }
    uint64_t finish = start + time_on_wire(wire, frame);
    if (finish + wire->settings.delay_ns <= now && wire->frames == 0) return 1;
    uint8_t *place = reserve(wire, footprint(length));
    if (place == NULL) {
        wire->counters.overflowed++;
        return 0;
    }
    wire->busy_until = finish;
    struct record record = {.finish = finish, .length = (uint32_t)length, .frame = (uint32_t)frame};
    memcpy(place, &record, sizeof record);
    memcpy(place + sizeof record, bytes, length);
    wire->tail += footprint(length);
    wire->frames++;
    return 0;
}

uint64_t wire_next(const struct wire *wire)
{
    if (wire->frames == 0) return UINT64_MAX;
    return record_at(wire, wire->head)->finish + wire->settings.delay_ns;
}

const uint8_t *wire_due(struct wire *wire, uint64_t now, size_t *length)
{
    if (wire_next(wire) > now) return NULL;
    *length = record_at(wire, wire->head)->length;
    return wire->memory + wire->head + sizeof(struct record);
}

void wire_pop(struct wire *wire)
{
    wire->head += footprint(record_at(wire, wire->head)->length);
    wire->frames--;
    if (wire->head == wire->end) {
        wire->head = 0;
        wire->end = wire->size;
    }
}
