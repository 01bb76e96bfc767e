#define _GNU_SOURCE
#include "restore.h"

#include <errno.h>
#include <linux/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* RFC 9293 section 3.2, RFC 7323 */
enum { OPTION_MSS = 2, OPTION_WINDOW_SCALE = 3, OPTION_SACK_PERMITTED = 4, OPTION_TIMESTAMPS = 8 };
/* linux/net/ipv4/tcp.c; the header does not name them everywhere */
enum { QUEUE_RECEIVE = 1, QUEUE_SEND = 2 };
enum { REPAIR_ON = 1, REPAIR_OFF_WITHOUT_PROBE = -1 };

static int set(int descriptor, int option, int value)
{
    return setsockopt(descriptor, IPPROTO_TCP, option, &value, sizeof(value));
}

static int set_sequence(int descriptor, int queue, uint32_t sequence)
{
    if (set(descriptor, TCP_REPAIR_QUEUE, queue) != 0) return -1;
    return setsockopt(descriptor, IPPROTO_TCP, TCP_QUEUE_SEQ, &sequence, sizeof(sequence));
}

static int set_options(int descriptor, const struct connection *c)
{
    struct tcp_repair_opt options[4];
    socklen_t count = 0;
    options[count++] = (struct tcp_repair_opt){OPTION_MSS, c->mss};
    if (c->window_scale)
        options[count++] = (struct tcp_repair_opt){OPTION_WINDOW_SCALE, c->client_scale | c->tenant_scale << 16};
    if (c->sack) options[count++] = (struct tcp_repair_opt){OPTION_SACK_PERMITTED, 0};
    if (c->timestamps) options[count++] = (struct tcp_repair_opt){OPTION_TIMESTAMPS, 0};
    return setsockopt(descriptor, IPPROTO_TCP, TCP_REPAIR_OPTIONS, options, count * sizeof(options[0]));
}

static int set_windows(int descriptor, const struct connection *c)
{
    struct tcp_repair_window windows = {
        .snd_wl1 = c->receive_sequence - 1, /* older than the next segment, whose window then counts */
        .snd_wnd = c->client_window,
        .max_window = c->client_window,
        .rcv_wnd = c->offered_window,
        .rcv_wup = c->receive_sequence,
    };
    return setsockopt(descriptor, IPPROTO_TCP, TCP_REPAIR_WINDOW, &windows, sizeof(windows));
}

/* The order matters: sequence numbers and MSS before connect, options after it, address reuse at the end (repair mode
 * reuses by itself, and the option would undo that; without it no later listener could bind the port). */
static enum restore_step steps(int s, const struct connection *c)
{
    int yes = 1;
    if (set(s, TCP_REPAIR, REPAIR_ON) != 0) return STEP_REPAIR;
    if (bind(s, (const struct sockaddr *)&c->tenant, c->address_length) != 0) return STEP_BIND;
    if (set_sequence(s, QUEUE_SEND, c->send_sequence) != 0) return STEP_SEQUENCE;
    if (set_sequence(s, QUEUE_RECEIVE, c->receive_sequence) != 0) return STEP_SEQUENCE;
    if (set(s, TCP_MAXSEG, c->mss) != 0) return STEP_MSS;
    if (connect(s, (const struct sockaddr *)&c->client, c->address_length) != 0) return STEP_CONNECT;
    if (set_options(s, c) != 0) return STEP_OPTIONS;
    /* Bit 0 would switch the socket to microseconds. */
    if (c->timestamps && set(s, TCP_TIMESTAMP, (int)(c->tsval & ~1u)) != 0) return STEP_TIMESTAMP;
    if (set_windows(s, c) != 0) return STEP_WINDOW;
    if (set(s, TCP_REPAIR, REPAIR_OFF_WITHOUT_PROBE) != 0) return STEP_START;
    if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0) return STEP_REUSE;
    return RESTORED;
}

int restore_possible(void)
{
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (s < 0) return 0;
    int possible = set(s, TCP_REPAIR, REPAIR_ON) == 0;
    (void)close(s);
    return possible;
}

enum restore_step restore(const struct connection *connection, int *descriptor)
{
    int s = socket(connection->tenant.ss_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (s < 0) return STEP_SOCKET;
    enum restore_step step = steps(s, connection);
    if (step == RESTORED) {
        *descriptor = s;
        return RESTORED;
    }
    int error = errno;
    restore_undo(s);
    errno = error;
    return step;
}

void restore_undo(int descriptor)
{
    (void)set(descriptor, TCP_REPAIR, REPAIR_ON);
    (void)close(descriptor);
}
