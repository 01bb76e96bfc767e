/* One direction of the line: frames wait in order for their time. No I/O. */
#ifndef DELAY_LINE_WIRE_H
#define DELAY_LINE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

struct counters {
    uint64_t received;   /* frames that came in */
    uint64_t sent;       /* frames that went out */
    uint64_t lost;       /* by the loss that was asked for */
    uint64_t overflowed; /* found the queue or the memory full */
    uint64_t refused;    /* by the outgoing interface, e.g. because it is down */
};

struct wire {
    struct settings settings;
    struct counters counters;
    uint64_t busy_until; /* when the last accepted frame has left the sender, in ns */
    uint64_t random;
    uint8_t *memory;
    size_t size, head, tail, end; /* records are at head..tail, or at head..end and 0..tail */
    size_t frames;
};

/* Reserves the memory of the queue. Returns 0, or -1 with errno. */
int wire_init(struct wire *wire, const struct settings *settings);

/* From now on, also for frames that wait already. */
void wire_set(struct wire *wire, const struct settings *settings, uint64_t now);

/* Takes a frame (with whatever stands before it) of `frame` bytes on the wire. Returns 1 when it is to be sent at
 * once and was not stored, 0 when it was stored or dropped. */
int wire_accept(struct wire *wire, const uint8_t *bytes, size_t length, size_t frame, uint64_t now);

/* The first waiting frame when its time has come, else NULL. */
const uint8_t *wire_due(struct wire *wire, uint64_t now, size_t *length);

/* Removes the first waiting frame. */
void wire_pop(struct wire *wire);

/* When the first waiting frame is due; UINT64_MAX when none waits. */
uint64_t wire_next(const struct wire *wire);

#endif
