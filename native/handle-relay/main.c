/* `handle-relay SOCKET USER-ID`, a child of a Node process: takes TCP connections from SOCKET, as accept-shim does, and
 * gives each to its parent over Node's IPC channel (NODE_HANDLE of lib/internal/child_process.js). Ends with the
 * parent. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../descriptor/descriptor.h"

#define PATIENCE_MILLISECONDS 50
static const char HANDLE[] = "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":\"handoff\"}\n";

/* Who may hand connections over, beside root. */
static uid_t user;

static void relay(int listener, int channel)
{
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) return;
    int tcp = peer_is(connection, user) ? descriptor_receive(connection, PATIENCE_MILLISECONDS) : -1;
    (void)close(connection);
    if (tcp < 0) return;
    /* Node takes it as it is, and would wait for one client instead of serving all. */
    (void)fcntl(tcp, F_SETFL, fcntl(tcp, F_GETFL) | O_NONBLOCK);
    if (descriptor_send(channel, tcp, HANDLE, sizeof(HANDLE) - 1) != 0)
        fprintf(stderr, "handle-relay: %s\n", strerror(errno));
    (void)close(tcp);
}

int main(int count, char **words)
{
    const char *channel_text = getenv("NODE_CHANNEL_FD");
    if (count != 3 || channel_text == NULL) {
        fprintf(stderr, "usage: handle-relay SOCKET USER-ID, as a child of Node with an IPC channel\n");
        return 2;
    }
    int channel = atoi(channel_text), listener = unix_listen(words[1], 512, 0666);
    user = (uid_t)strtoul(words[2], NULL, 10);
    if (listener < 0) {
        fprintf(stderr, "handle-relay: %s: %s\n", words[1], strerror(errno));
        return EXIT_FAILURE;
    }
    return serve_parent(channel, listener, relay);
}
