#include "store.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"

#define BUCKETS 1024

struct entry {
    char name[NAME_LENGTH + 1];
    struct stat identity;
    struct bundle bundle;
    struct entry *chained;       /* next in the same bucket */
    struct entry *older, *newer; /* by last use */
};

struct store {
    char *folder;
    size_t capacity, count;
    struct entry *oldest, *newest;
    struct entry *buckets[BUCKETS];
};

/* FNV-1a. Only names that have a file get in, and those are random: nobody can choose them to collide. */
static size_t bucket_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    return (hash ^ hash >> 16) % BUCKETS;
}

struct store *store_new(const char *folder, size_t capacity)
{
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL) return NULL;
    if ((store->folder = strdup(folder)) == NULL) {
        free(store);
        return NULL;
    }
    store->capacity = capacity;
    return store;
}

static void unlink_use(struct store *store, struct entry *entry)
{
    *(entry->older ? &entry->older->newer : &store->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &store->newest) = entry->older;
}

static void link_newest(struct store *store, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = store->newest;
    *(store->newest ? &store->newest->newer : &store->oldest) = entry;
    store->newest = entry;
}

static void forget(struct store *store, struct entry *entry)
{
    struct entry **link = &store->buckets[bucket_of(entry->name)];
    while (*link != entry) link = &(*link)->chained;
    *link = entry->chained;
    unlink_use(store, entry);
    store->count--;
    bundle_free(&entry->bundle);
    free(entry);
}

void store_free(struct store *store)
{
    if (store == NULL) return;
    while (store->oldest != NULL) forget(store, store->oldest);
    free(store->folder);
    free(store);
}

static struct entry *find(struct store *store, const char *name)
{
    struct entry *entry = store->buckets[bucket_of(name)];
    while (entry != NULL && strcmp(entry->name, name) != 0) entry = entry->chained;
    return entry;
}

static int path_of(const struct store *store, const char *name, char path[PATH_MAX])
{
    int length = snprintf(path, PATH_MAX, "%s/%s.pem", store->folder, name);
    return length > 0 && length < PATH_MAX;
}

static int same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int store_has(const struct store *store, const char *name)
{
    char path[PATH_MAX];
    struct stat found;
    return path_of(store, name, path) && lstat(path, &found) == 0;
}

enum bundle_result store_look(struct store *store, const char *name, const struct bundle **bundle)
{
    char path[PATH_MAX];
    struct stat found;
    struct entry *entry = find(store, name);
    if (!path_of(store, name, path)) return BUNDLE_BROKEN;
    if (entry != NULL) {
        if (lstat(path, &found) == 0 && same_file(&found, &entry->identity)) {
            unlink_use(store, entry);
            link_newest(store, entry);
            *bundle = &entry->bundle;
            return BUNDLE_READ;
        }
        forget(store, entry);
    }
    if ((entry = calloc(1, sizeof(*entry))) == NULL) return BUNDLE_BROKEN;
    enum bundle_result result = bundle_read(&entry->bundle, path, name, &entry->identity);
    if (result != BUNDLE_READ) {
        free(entry);
        return result;
    }
    strcpy(entry->name, name);
    while (store->count >= store->capacity) forget(store, store->oldest);
    struct entry **bucket = &store->buckets[bucket_of(name)];
    entry->chained = *bucket;
    *bucket = entry;
    link_newest(store, entry);
    store->count++;
    *bundle = &entry->bundle;
    return BUNDLE_READ;
}
