/* Names of pseudonyms as clients and files spell them. */
#pragma once
#include <stddef.h>

#define NAME_LENGTH 253

/* Copies a name in lower case; 0 for what is no host name of letters, digits, hyphens and single dots. Nothing else may
 * become part of a path. */
int name_copy(char to[NAME_LENGTH + 1], const char *from, size_t length);
