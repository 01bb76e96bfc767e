/* `caller-relay SOCKET MODE GROUP USER USER-GROUP`, a child of a Node process: listens on a unix socket of that mode (octal) and
 * gives each connection to its parent over Node's IPC channel (NODE_HANDLE of lib/internal/child_process.js), with the user
 * who made it (SO_PEERCRED, which Node does not tell). Numbers of users and groups; -1 leaves one as it is. Before it touches
 * a file it becomes USER, with no rights but the socket's GROUP. Ends with the parent. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../descriptor/descriptor.h"

static void relay(int listener, int channel)
{
    struct ucred caller;
    socklen_t length = sizeof(caller);
    char text[128];
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); /* Node takes it as it is */
    if (connection < 0) {
        /* Without descriptors the connection stays in the queue: that is no reason to spin. */
        if (errno == EMFILE || errno == ENFILE) (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        return;
    }
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &caller, &length) == 0 && length == sizeof(caller)) {
        int size = snprintf(text, sizeof(text), "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":{\"user\":%u}}\n",
                            (unsigned)caller.uid);
        if (descriptor_send(channel, connection, text, (size_t)size) != 0)
            fprintf(stderr, "caller-relay: %s\n", strerror(errno));
    }
    (void)close(connection);
}

static int become(uid_t user, gid_t user_group, gid_t group)
{
    if (user == (uid_t)-1) return 0;
    return setgroups(group == (gid_t)-1 ? 0 : 1, &group) != 0 || setgid(user_group) != 0 || setuid(user) != 0 ? -1 : 0;
}

int main(int count, char **words)
{
    const char *channel_text = getenv("NODE_CHANNEL_FD");
    if (count != 6 || channel_text == NULL) {
        fprintf(stderr, "usage: caller-relay SOCKET MODE GROUP USER USER-GROUP, as a child of Node with an IPC channel\n");
        return 2;
    }
    int channel = atoi(channel_text), listener = -1;
    gid_t group = (gid_t)strtol(words[3], NULL, 10);
    if (become((uid_t)strtol(words[4], NULL, 10), (gid_t)strtol(words[5], NULL, 10), group) == 0)
        listener = unix_listen(words[1], 128, (mode_t)strtoul(words[2], NULL, 8));
    if (listener < 0 || chown(words[1], (uid_t)-1, group) != 0) {
        fprintf(stderr, "caller-relay: %s: %s\n", words[1], strerror(errno));
        return EXIT_FAILURE;
    }
    return serve_parent(channel, listener, relay);
}
