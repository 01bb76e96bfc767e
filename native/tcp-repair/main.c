/* The one process of a tenant that may restore connections. It does so for its agent, which has no right to, and hands
 * the sockets to the web server. README.md says how. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../descriptor/descriptor.h"
#include "request.h"

enum { EXIT_USAGE = 2 };
#define AGENTS 4
#define KEPT (1u << CAP_NET_ADMIN | 1u << CAP_NET_BIND_SERVICE)

struct options {
    const char *socket, *deliver;
    uid_t user;
    uint16_t port;
};

/* Keeps CAP_NET_ADMIN and, for ports below 1024, CAP_NET_BIND_SERVICE; nothing can bring more back. */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capget, &header, data) != 0) return -1;
    data[0].permitted &= KEPT;
    data[0].effective = data[0].permitted;
    data[0].inheritable = 0;
    data[1].permitted = data[1].effective = data[1].inheritable = 0;
    return (int)syscall(SYS_capset, &header, data);
}

static int deliver(const char *path, int descriptor)
{
    int server = unix_connect(path);
    if (server < 0) return -1;
    int result = descriptor_send(server, descriptor, "h", 1);
    int error = errno;
    (void)close(server);
    errno = error;
    return result;
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port
                                               : ((const struct sockaddr_in6 *)address)->sin6_port);
}

static enum restore_step handle(const struct options *options, const struct connection *connection)
{
    int descriptor;
    if (port_of(&connection->tenant) != options->port) {
        errno = EPERM;
        return STEP_REQUEST;
    }
    enum restore_step step = restore(connection, &descriptor);
    if (step != RESTORED) return step;
    if (deliver(options->deliver, descriptor) == 0) {
        (void)close(descriptor);
        return RESTORED;
    }
    int error = errno;
    restore_undo(descriptor);
    errno = error;
    return STEP_DELIVER;
}

/* An agent, and what has come of its next request. */
struct agent {
    int connection; /* -1: none */
    size_t have;
    uint8_t request[REQUEST_LENGTH];
};

/* Answers a whole request. 0 when there is nothing more to say to this agent. */
static int answer(const struct options *options, struct agent *agent)
{
    uint8_t reply[REPLY_LENGTH];
    struct connection connection;
    uint32_t id = 0;
    if (request_read(agent->request, &id, &connection) != 0) return 0;
    errno = 0;
    enum restore_step step = handle(options, &connection);
    reply_write(reply, id, step, step == RESTORED ? 0 : errno);
    return send(agent->connection, reply, sizeof(reply), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(reply);
}

/* Reads what is there. 0 when the agent is to be let go. */
static int hear(const struct options *options, struct agent *agent)
{
    ssize_t count = recv(agent->connection, agent->request + agent->have, REQUEST_LENGTH - agent->have, MSG_DONTWAIT);
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    if (count == 0) return 0;
    agent->have += (size_t)count;
    if (agent->have < REQUEST_LENGTH) return 1;
    agent->have = 0;
    return answer(options, agent);
}

static void let_go(struct agent *agent)
{
    if (agent->connection >= 0) (void)close(agent->connection);
    agent->connection = -1;
    agent->have = 0;
}

/* The newest takes the place of the oldest where all are taken: an agent that was restarted always gets in. */
static void take_in(const struct options *options, int listener, struct agent *agents, unsigned *turn)
{
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) return;
    if (!peer_is(connection, options->user)) {
        (void)close(connection);
        return;
    }
    struct agent *agent = &agents[(*turn)++ % AGENTS];
    let_go(agent);
    agent->connection = connection;
}

/* Ends only where it cannot go on. */
static int serve(const struct options *options, int listener)
{
    struct agent agents[AGENTS];
    struct pollfd waits[AGENTS + 1];
    unsigned turn = 0;
    for (int i = 0; i < AGENTS; i++) agents[i] = (struct agent){.connection = -1};
    for (;;) {
        waits[AGENTS] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (int i = 0; i < AGENTS; i++) waits[i] = (struct pollfd){.fd = agents[i].connection, .events = POLLIN};
        if (poll(waits, AGENTS + 1, -1) < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        for (int i = 0; i < AGENTS; i++)
            if (waits[i].revents != 0 && !hear(options, &agents[i])) let_go(&agents[i]);
        if (waits[AGENTS].revents != 0) take_in(options, listener, agents, &turn);
    }
}

static int parse(int count, char **words, struct options *options)
{
    char *end = "";
    unsigned long user = 0, port = 0;
    if (count != 5) return -1;
    options->socket = words[1];
    options->deliver = words[2];
    user = strtoul(words[3], &end, 10);
    if (*end != '\0' || user > 0xfffffffeul) return -1;
    port = strtoul(words[4], &end, 10);
    if (*end != '\0' || port < 1 || port > 0xffff) return -1;
    options->user = (uid_t)user;
    options->port = (uint16_t)port;
    return 0;
}

int main(int count, char **words)
{
    struct options options;
    if (parse(count, words, &options) != 0) {
        fprintf(stderr, "usage: tcp-repair SOCKET WEB-SERVER-SOCKET AGENT-USER-ID PORT\n");
        return EXIT_USAGE;
    }
    if (!restore_possible()) {
        fprintf(stderr, "tcp-repair: no right to TCP_REPAIR here (CAP_NET_ADMIN), or a kernel without it "
                        "(CONFIG_CHECKPOINT_RESTORE)\n");
        return EXIT_FAILURE;
    }
    int listener = unix_listen(options.socket, 4, options.user == geteuid() ? 0600 : 0666);
    if (listener < 0 || drop_capabilities() != 0) {
        fprintf(stderr, "tcp-repair: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    printf("ready\n");
    (void)fflush(stdout);
    (void)serve(&options, listener);
    fprintf(stderr, "tcp-repair: %s\n", strerror(errno));
    return EXIT_FAILURE;
}
