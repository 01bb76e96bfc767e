/* LD_PRELOAD for web servers that listen on a unix-domain socket: what they accept there is the TCP connection that
 * tcp-repair sends through it. They see the client's address.
 *
 *     CLOAKFLOW_HANDOFF_SOCKET  path that the server listens on; other sockets are left alone
 *     CLOAKFLOW_HANDOFF_USER    numeric user that may send connections, besides root; the server's own when absent */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../descriptor/descriptor.h"

#define PATIENCE_MILLISECONDS 50 /* the sender writes at once after it connects */

#define EXPORTED __attribute__((visibility("default")))

typedef int accept4_function(int, struct sockaddr *, socklen_t *, int);

static int is_handoff_socket(int listener)
{
    const char *path = getenv("CLOAKFLOW_HANDOFF_SOCKET");
    struct sockaddr_un own;
    socklen_t length = sizeof(own);
    if (path == NULL || getsockname(listener, (struct sockaddr *)&own, &length) != 0 || own.sun_family != AF_UNIX) return 0;
    size_t most = length - offsetof(struct sockaddr_un, sun_path);
    return most > 0 && strnlen(own.sun_path, most) == strlen(path) && memcmp(own.sun_path, path, strlen(path)) == 0;
}

static uid_t sender(void)
{
    const char *user = getenv("CLOAKFLOW_HANDOFF_USER");
    char *end = "";
    unsigned long id = user == NULL ? geteuid() : strtoul(user, &end, 10);
    return *end == '\0' ? (uid_t)id : 0;
}

static int is_tcp(int descriptor)
{
    int protocol = 0;
    socklen_t length = sizeof(protocol);
    return getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 && protocol == IPPROTO_TCP;
}

static int set_flags(int descriptor, int flags)
{
    int status = fcntl(descriptor, F_GETFL);
    if (status < 0) return -1;
    status = flags & SOCK_NONBLOCK ? status | O_NONBLOCK : status & ~O_NONBLOCK;
    return fcntl(descriptor, F_SETFL, status) == 0 ? fcntl(descriptor, F_SETFD, flags & SOCK_CLOEXEC ? FD_CLOEXEC : 0) : -1;
}

static int take(int connection, struct sockaddr *address, socklen_t *length, int flags)
{
    int tcp = peer_is(connection, sender()) ? descriptor_receive(connection, PATIENCE_MILLISECONDS) : -1;
    (void)close(connection);
    if (tcp >= 0 && is_tcp(tcp) && (address == NULL || getpeername(tcp, address, length) == 0) && set_flags(tcp, flags) == 0)
        return tcp;
    if (tcp >= 0) (void)close(tcp);
    errno = ECONNABORTED;
    return -1;
}

EXPORTED int accept4(int listener, struct sockaddr *restrict address, socklen_t *restrict length, int flags)
{
    accept4_function *real;
    *(void **)&real = dlsym(RTLD_NEXT, "accept4");
    if (real == NULL) {
        errno = ENOSYS;
        return -1;
    }
    if (!is_handoff_socket(listener)) return real(listener, address, length, flags);
    int connection = real(listener, NULL, NULL, SOCK_CLOEXEC);
    return connection < 0 ? -1 : take(connection, address, length, flags);
}

EXPORTED int accept(int listener, struct sockaddr *restrict address, socklen_t *restrict length)
{
    return accept4(listener, address, length, 0);
}
