/* What the agent says to the helper and hears from it: README.md has the layout. */
#pragma once
#include <stdint.h>

#include "restore.h"

#define REQUEST_LENGTH 72
#define REPLY_LENGTH 12

/* 0, or -1 for bytes that are no request. `*id` is set as soon as the magic number is right. */
int request_read(const uint8_t bytes[REQUEST_LENGTH], uint32_t *id, struct connection *connection);
void reply_write(uint8_t bytes[REPLY_LENGTH], uint32_t id, enum restore_step step, int error);
