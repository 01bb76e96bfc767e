/* Descriptors that travel over unix-domain sockets (SCM_RIGHTS, unix(7)). */
#pragma once
#include <sys/types.h>

/* A listening socket at `path`, open to whom `mode` lets write. Where that is everybody who may enter its folder, the peer is
 * judged by its user, but can fill the queue. Replaces a socket that is there already. -1 with errno. */
int unix_listen(const char *path, int backlog, mode_t mode);

/* A connection to the listener at `path`; never waits. -1 with errno: EAGAIN when its queue is full. */
int unix_connect(const char *path);

/* Whether the process at the other end runs as `user` or as root (SO_PEERCRED). */
int peer_is(int connection, uid_t user);

/* Sends `text`, one byte or more, with one descriptor. 0, or -1 with errno. */
int descriptor_send(int connection, int descriptor, const void *text, size_t length);

/* Takes the one descriptor that comes with the next bytes, close-on-exec; waits for at most `milliseconds`. -1 with
 * errno for everything else. */
int descriptor_receive(int connection, int milliseconds);

/* For a child of Node: says "ready" over the IPC channel, and calls `relay` whenever `listener` has a connection, until the parent
 * is gone. What Node acknowledges is thrown away. The child's exit code. */
int serve_parent(int channel, int listener, void (*relay)(int listener, int channel));
