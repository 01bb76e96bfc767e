#define _GNU_SOURCE
#include "descriptor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 4 /* room to see, and close, more than the one */

static int address_of(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(address->sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address->sun_path, path);
    return 0;
}

static int close_keeping_errno(int file)
{
    int error = errno;
    (void)close(file);
    errno = error;
    return -1;
}

int unix_listen(const char *path, int backlog, mode_t mode)
{
    struct sockaddr_un address;
    if (address_of(&address, path) != 0) return -1;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return -1;
    if (unlink(path) != 0 && errno != ENOENT) return close_keeping_errno(listener);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || chmod(path, mode) != 0 ||
        listen(listener, backlog) != 0)
        return close_keeping_errno(listener);
    return listener;
}

int unix_connect(const char *path)
{
    struct sockaddr_un address;
    if (address_of(&address, path) != 0) return -1;
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection < 0) return -1;
    if (connect(connection, (struct sockaddr *)&address, sizeof(address)) != 0) return close_keeping_errno(connection);
    return connection;
}

int peer_is(int connection, uid_t user)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || length != sizeof(peer)) return 0;
    return peer.uid == user || peer.uid == 0;
}

int descriptor_send(int connection, int descriptor, const void *text, size_t length)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof(control));
    struct iovec vector = {.iov_base = (void *)text, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    ssize_t sent;
    do sent = sendmsg(connection, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0 && (size_t)sent != length) errno = EMSGSIZE;
    return sent == (ssize_t)length ? 0 : -1;
}

int descriptor_receive(int connection, int milliseconds)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
    } control;
    char text[64];
    struct iovec vector = {.iov_base = text, .iov_len = sizeof(text)};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    struct pollfd wait = {.fd = connection, .events = POLLIN};
    int ready = poll(&wait, 1, milliseconds);
    if (ready == 0) errno = ETIMEDOUT;
    if (ready <= 0) return -1;
    ssize_t count = recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0) return -1;

    int taken = -1, surplus = (message.msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t descriptors = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < descriptors; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (taken >= 0) {
                surplus = 1;
                (void)close(descriptor);
            } else {
                taken = descriptor;
            }
        }
    }
    if (taken >= 0 && !surplus) return taken;
    if (taken >= 0) (void)close(taken);
    errno = EPROTO;
    return -1;
}

/* 0 when the parent is gone. */
static int discard(int channel)
{
    char bytes[4096];
    ssize_t count = read(channel, bytes, sizeof(bytes));
    return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

int serve_parent(int channel, int listener, void (*relay)(int listener, int channel))
{
    static const char ready[] = "\"ready\"\n";
    if (write(channel, ready, sizeof(ready) - 1) < 0) return EXIT_FAILURE;
    for (;;) {
        struct pollfd waits[] = {{.fd = channel, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
        if (poll(waits, 2, -1) < 0 && errno != EINTR) return EXIT_FAILURE;
        if ((waits[0].revents & (POLLERR | POLLHUP | POLLNVAL)) || ((waits[0].revents & POLLIN) && !discard(channel)))
            return EXIT_SUCCESS;
        if (waits[1].revents & POLLIN) relay(listener, channel);
    }
}
