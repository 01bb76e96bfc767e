/* Bundles of pseudonyms in a folder of files NAME.pem. The most recently used stay in memory; every look asks the file
 * system whether the file is still the same, so that a revocation, which removes the file, holds from then on. */
#pragma once
#include "bundle.h"

struct store;

/* NULL without memory. `capacity` >= 1: bundles kept in memory. */
struct store *store_new(const char *folder, size_t capacity);
void store_free(struct store *store);

/* The bundle of a name as name_copy() gives it. `*bundle` is valid until the next look. */
enum bundle_result store_look(struct store *store, const char *name, const struct bundle **bundle);

/* Whether there is a file for the name. */
int store_has(const struct store *store, const char *name);
