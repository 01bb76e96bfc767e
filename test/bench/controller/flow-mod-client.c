/*
 * Sends flow-mods that are encoded already to a switch as fast as it takes them: the rate that the switch accepts.
 *
 *     flow-mod-client SOCKET FILE
 *
 * FILE holds OpenFlow 1.3 messages one after the other. They go to the unix socket SOCKET after a HELLO, and a
 * BARRIER_REQUEST after them. Prints the nanoseconds from the first byte to the barrier's reply, and the number of
 * errors. The exit code is 1 when anything fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 8, VERSION = 4 };
enum { HELLO = 0, ERROR = 1, BARRIER_REQUEST = 20, BARRIER_REPLY = 21 };

static uint8_t received[1 << 18];
static size_t waiting;
static unsigned long errors;
static int greeted;
static int finished;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int open_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    fail(path);
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail(path);
  if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) fail("fcntl");
  return fd;
}

/* The whole file, with room for the barrier behind it. */
static uint8_t *read_file(const char *path, size_t *length) {
  struct stat about;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &about) < 0) fail(path);
  uint8_t *bytes = malloc((size_t)about.st_size + HEADER);
  if (bytes == NULL) fail("malloc");
  for (*length = 0; *length < (size_t)about.st_size;) {
    ssize_t got = read(fd, bytes + *length, (size_t)about.st_size - *length);
    if (got <= 0) fail(path);
    *length += (size_t)got;
  }
  close(fd);
  return bytes;
}

/* The run is over before a switch that is not asked to answer echoes gives up: they are not answered. */
static void take(const uint8_t *message) {
  switch (message[1]) {
    case HELLO:
      greeted = 1;
      break;
    case ERROR:
      errors++;
      break;
    case BARRIER_REPLY:
      finished = 1;
      break;
  }
}

/* Takes every whole message that has arrived. */
static void receive(int fd) {
  ssize_t got = read(fd, received + waiting, sizeof received - waiting);
  if (got == 0) {
    errno = ECONNRESET;
    fail("read");
  }
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    fail("read");
  }
  waiting += (size_t)got;
  size_t at = 0;
  while (waiting - at >= HEADER) {
    size_t length = (size_t)received[at + 2] << 8 | received[at + 3];
    if (length < HEADER) {
      errno = EPROTO;
      fail("read");
    }
    if (waiting - at < length) break;
    take(received + at);
    at += length;
  }
  memmove(received, received + at, waiting - at);
  waiting -= at;
}

/* Writes everything, reading meanwhile, and goes on reading until *condition. */
static void exchange(int fd, const uint8_t *bytes, size_t length, const int *condition) {
  size_t sent = 0;
  while (sent < length || !*condition) {
    struct pollfd ready = {.fd = fd, .events = POLLIN | (sent < length ? POLLOUT : 0)};
    if (poll(&ready, 1, 30000) <= 0) fail("poll");
    if (ready.revents & POLLOUT) {
      ssize_t wrote = write(fd, bytes + sent, length - sent);
      if (wrote < 0 && errno != EAGAIN && errno != EINTR) fail("write");
      if (wrote > 0) sent += (size_t)wrote;
    }
    if (ready.revents & (POLLIN | POLLHUP | POLLERR)) receive(fd);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: flow-mod-client SOCKET FILE\n");
    return 2;
  }
  static const uint8_t hello[HEADER] = {VERSION, HELLO, 0, HEADER};
  static const uint8_t barrier[HEADER] = {VERSION, BARRIER_REQUEST, 0, HEADER, 0xff, 0xff, 0xff, 0xff};
  size_t length;
  uint8_t *bytes = read_file(argv[2], &length);
  memcpy(bytes + length, barrier, HEADER);
  int fd = open_socket(argv[1]);
  exchange(fd, hello, HEADER, &greeted);
  uint64_t begin = now();
  exchange(fd, bytes, length + HEADER, &finished);
  printf("%llu %lu\n", (unsigned long long)(now() - begin), errors);
  return 0;
}
