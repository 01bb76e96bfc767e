/* Command line and run-time settings of the delay line. */
#ifndef DELAY_LINE_OPTIONS_H
#define DELAY_LINE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

/* What happens to frames, in each direction by itself. */
struct settings {
    uint64_t delay_ns;    /* one way */
    uint64_t rate_bps;    /* bits a second; 0: no bound */
    uint32_t loss_ppm;    /* frames in a million */
    uint64_t queue_bytes; /* that may wait for their turn where the rate is bounded */
};

struct options {
    struct settings settings;
    const char *interfaces[2];
    int help;
};

void options_usage(void);

/* Parses argv. Returns 0, or -1 with the reason in message. */
int options_parse(int argc, char **argv, struct options *options, char *message, size_t size);

/* Changes settings by one word such as --delay-ns=1000. Returns 0, or -1 with the reason in message. */
int options_set(const char *word, struct settings *settings, char *message, size_t size);

#endif
