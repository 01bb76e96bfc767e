#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ULL
#define MAX_DELAY_NS (60 * SECOND)
#define MAX_RATE_BPS (100 * SECOND)
#define MAX_QUEUE_BYTES (64ULL << 20)
#define DEFAULT_QUEUE_BYTES (256ULL << 10)

void options_usage(void)
{
    puts("usage: delay-line [--delay-ns=N] [--rate-bps=N] [--loss-ppm=N] [--queue-bytes=N] INTERFACE INTERFACE\n"
         "\n"
         "Carries frames between two interfaces as a wire of that delay, rate and loss, each direction by itself.\n"
         "\n"
         "  --delay-ns=N     nanoseconds one way, at most 60 s (default 0)\n"
         "  --rate-bps=N     bits a second, at most 100 G; 0 is no bound (default 0)\n"
         "  --loss-ppm=N     frames lost in a million (default 0)\n"
         "  --queue-bytes=N  bytes that may wait where the rate is bounded, at most 64 MiB (default 256 KiB)\n"
         "\n"
         "Prints `ready`, then reads lines `set --delay-ns=N ...` from standard input and answers each with `ok` or\n"
         "`error: ...`. SIGUSR1 prints the counters as one line of JSON; so does the end, which comes with the end\n"
         "of standard input, SIGTERM or SIGINT.");
}

static int number(const char *text, uint64_t max, uint64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)text[0])) return -1;
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || parsed > max) return -1;
    *value = parsed;
    return 0;
}

int options_set(const char *word, struct settings *settings, char *message, size_t size)
{
    uint64_t loss = settings->loss_ppm;
    const struct {
        const char *name;
        uint64_t max;
        uint64_t *value;
    } known[] = {
        {"--delay-ns=", MAX_DELAY_NS, &settings->delay_ns},
        {"--rate-bps=", MAX_RATE_BPS, &settings->rate_bps},
        {"--loss-ppm=", 1000000, &loss},
        {"--queue-bytes=", MAX_QUEUE_BYTES, &settings->queue_bytes},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t length = strlen(known[i].name);
        if (strncmp(word, known[i].name, length) != 0) continue;
        if (number(word + length, known[i].max, known[i].value) != 0) {
            snprintf(message, size, "%s: a whole number from 0 to %llu", word, (unsigned long long)known[i].max);
            return -1;
        }
        settings->loss_ppm = (uint32_t)loss;
        return 0;
    }
    snprintf(message, size, "unknown option %s", word);
    return -1;
}

int options_parse(int argc, char **argv, struct options *options, char *message, size_t size)
{
    int interfaces = 0;
    memset(options, 0, sizeof *options);
    options->settings.queue_bytes = DEFAULT_QUEUE_BYTES;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            options->help = 1;
            return 0;
        }
        if (argv[i][0] == '-') {
            if (options_set(argv[i], &options->settings, message, size) != 0) return -1;
        } else if (interfaces < 2) {
            options->interfaces[interfaces++] = argv[i];
        } else {
            snprintf(message, size, "more than two interfaces");
            return -1;
        }
    }
    if (interfaces < 2) {
        snprintf(message, size, "two interfaces are needed");
        return -1;
    }
    if (strcmp(options->interfaces[0], options->interfaces[1]) == 0) {
        snprintf(message, size, "the two interfaces are the same");
        return -1;
    }
    return 0;
}
