/* Carries frames between two interfaces as a wire of some delay, rate and loss: what netem does in the kernel, for
 * kernels without it. See options_usage(). */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "port.h"
#include "wire.h"

#define SECOND 1000000000ULL
#define BATCH 64
#define LINE 512
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int ports[2];
static struct wire wires[2]; /* wires[i] carries what ports[i] reads */

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void write_out(struct wire *wire, int port, const uint8_t *bytes, size_t length)
{
    if (port_write(port, bytes, length) == 0)
        wire->counters.sent++;
    else
        wire->counters.refused++;
}

static void read_in(int side)
{
    static uint8_t buffer[PORT_BUFFER];
    size_t frame = 0;
    for (int i = 0; i < BATCH; i++) {
        long length = port_read(ports[side], buffer, &frame);
        if (length == 0) return;
        if (length < 0) continue;
        if (wire_accept(&wires[side], buffer, (size_t)length, frame, clock_ns()))
            write_out(&wires[side], ports[!side], buffer, (size_t)length);
    }
}

static void send_due(int side)
{
    size_t length;
    const uint8_t *bytes;
    while ((bytes = wire_due(&wires[side], clock_ns(), &length)) != NULL) {
        write_out(&wires[side], ports[!side], bytes, length);
        wire_pop(&wires[side]);
    }
}

static void print_counters(const char *const interfaces[2])
{
    printf("{");
    for (int side = 0; side < 2; side++) {
        const struct counters *c = &wires[side].counters;
        printf("%s\"%s\":{\"received\":%llu,\"sent\":%llu,\"lost\":%llu,\"overflowed\":%llu,\"refused\":%llu,\"waiting\":%zu}",
               side ? "," : "", interfaces[side], (unsigned long long)c->received, (unsigned long long)c->sent,
               (unsigned long long)c->lost, (unsigned long long)c->overflowed, (unsigned long long)c->refused,
               wires[side].frames);
    }
    printf("}\n");
}

/* `set WORD ...`: all words or none take effect. */
static void obey(char *line)
{
    char message[256], *rest = NULL;
    struct settings settings = wires[0].settings;
    char *word = strtok_r(line, " ", &rest);
    if (word == NULL || strcmp(word, "set") != 0) {
        printf("error: unknown command\n");
        return;
    }
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        if (options_set(word, &settings, message, sizeof message) != 0) {
            printf("error: %s\n", message);
            return;
        }
    }
    uint64_t now = clock_ns();
    for (int side = 0; side < 2; side++) wire_set(&wires[side], &settings, now);
    printf("ok\n");
}

/* Returns 0 at the end of standard input. */
static int read_commands(void)
{
    static char pending[LINE];
    static size_t length;
    ssize_t got = read(STDIN_FILENO, pending + length, sizeof pending - length);
    if (got < 0 && errno == EINTR) return 1;
    if (got <= 0) return 0;
    length += (size_t)got;
    char *newline;
    while ((newline = memchr(pending, '\n', length)) != NULL) {
        *newline = '\0';
        obey(pending);
        size_t used = (size_t)(newline - pending) + 1;
        memmove(pending, newline + 1, length - used);
        length -= used;
    }
    if (length == sizeof pending) {
        printf("error: line too long\n");
        length = 0;
    }
    return 1;
}

/* Precise wake-ups; and before other work where that is permitted. */
static void be_punctual(void)
{
    struct sched_param priority = {.sched_priority = 10};
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) errno = 0;
}

static void carry(int signals, const char *const interfaces[2])
{
    struct pollfd wanted[] = {{ports[0], POLLIN, 0}, {ports[1], POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}};
    for (;;) {
        for (int side = 0; side < 2; side++) send_due(side);
        uint64_t a = wire_next(&wires[0]), b = wire_next(&wires[1]), next = a < b ? a : b, now = clock_ns();
        uint64_t wait = next > now ? next - now : 0;
        struct timespec timeout = {.tv_sec = (time_t)(wait / SECOND), .tv_nsec = (long)(wait % SECOND)};
        if (ppoll(wanted, 4, next == UINT64_MAX ? NULL : &timeout, NULL) < 0 && errno != EINTR) return;
        for (int side = 0; side < 2; side++)
            if (wanted[side].revents) read_in(side);
        if (wanted[2].revents && !read_commands()) return;
        if (wanted[3].revents) {
            struct signalfd_siginfo signal;
            if (read(signals, &signal, sizeof signal) != sizeof signal) continue;
            if (signal.ssi_signo != SIGUSR1) return;
            print_counters(interfaces);
        }
    }
}

int main(int argc, char **argv)
{
    struct options options;
    char message[256];
    if (options_parse(argc, argv, &options, message, sizeof message) != 0) {
        fprintf(stderr, "delay-line: %s (--help lists the options)\n", message);
        return EXIT_USAGE;
    }
    if (options.help) {
        options_usage();
        return EXIT_OK;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int side = 0; side < 2; side++) {
        ports[side] = port_open(options.interfaces[side], message, sizeof message);
        if (ports[side] < 0) {
            fprintf(stderr, "delay-line: %s\n", message);
            return EXIT_FAILED;
        }
        if (wire_init(&wires[side], &options.settings) != 0) {
            perror("delay-line: memory");
            return EXIT_FAILED;
        }
    }
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGPIPE, SIG_IGN);
    int signals = signalfd(-1, &mask, SFD_CLOEXEC);
    if (signals < 0) {
        perror("delay-line: signalfd");
        return EXIT_FAILED;
    }
    be_punctual();
    puts("ready");
    carry(signals, options.interfaces);
    print_counters(options.interfaces);
    return EXIT_OK;
}
