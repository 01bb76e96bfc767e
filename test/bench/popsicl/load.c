/* Connections to one server, each with a handshake of its own, from one thread. See usage().
 *
 * Of Debian's tools, ab with -E comes nearest; it can neither connect to an address under another name, nor take source
 * addresses in turn, nor keep a rate. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ULL
#define PATIENCE (20 * SECOND)
#define MOST 4096
#define RECEIVE 65536
#define FIRST_PORT 1024
#define PORTS 64000

enum state { FREE, CONNECTING, HANDSHAKING, READING };

struct connection {
    int fd;
    enum state state;
    SSL *ssl;
    uint64_t began;
    int answered; /* status 200, or the byte that was waited for */
};

static struct {
    struct sockaddr_in to;
    uint32_t from;
    int sources, port, connections, rate;
    long count;
    double seconds;
    const char *name, *certificate, *key, *authority, *path, *hello;
} options = {.sources = 1, .connections = 1, .path = "/"};

static struct connection table[MOST];
static SSL_CTX *context;
static uint8_t hello[16384];
static size_t hello_length;
static char request[512];
static int poller, open_count;
static long started, completed, failed;
static uint64_t bytes, *samples;
static size_t sample_room;

static void usage(void)
{
    fprintf(stderr,
            "usage: load to=ADDRESS:PORT name=SNI [from=ADDRESS sources=N port=N] [connections=N] [rate=N] count=N|seconds=S\n"
            "            [authority=FILE] [certificate=FILE key=FILE] [path=/] [hello=FILE]\n"
            "       load serve=ADDRESS:PORT\n\n"
            "Closed loop of `connections`, or `rate` a second, each with TCP and TLS handshakes and one request. With\n"
            "`hello` the bytes of that file stand for TLS, and one byte is the answer: what `serve` gives. Sources are\n"
            "taken in turn, and with `port` the ports from there on, so that none is used twice in a minute.\n");
    exit(2);
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static struct sockaddr_in parse_endpoint(const char *text)
{
    char address[64];
    const char *colon = strrchr(text, ':');
    struct sockaddr_in endpoint = {.sin_family = AF_INET};
    if (colon == NULL || colon - text >= (long)sizeof address) usage();
    memcpy(address, text, (size_t)(colon - text));
    address[colon - text] = 0;
    endpoint.sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, address, &endpoint.sin_addr) != 1) usage();
    return endpoint;
}

static void finish(struct connection *c, int good)
{
    if (good) {
        if ((size_t)completed == sample_room) {
            sample_room = sample_room ? 2 * sample_room : 4096;
            samples = realloc(samples, sample_room * sizeof *samples);
            if (samples == NULL) die("realloc");
        }
        samples[completed++] = now() - c->began;
    } else {
        failed++;
    }
    if (c->ssl != NULL) SSL_free(c->ssl);
    close(c->fd);
    c->ssl = NULL;
    c->state = FREE;
    open_count--;
}

static void want(struct connection *c, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void start(struct connection *c, uint64_t at)
{
    struct sockaddr_in local = {.sin_family = AF_INET};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket");
    c->began = at;
    c->answered = 0;
    open_count++;
    if (options.from != 0) {
        local.sin_addr.s_addr = htonl(options.from + (uint32_t)(started % options.sources));
        if (options.port > 0)
            local.sin_port = htons((uint16_t)(FIRST_PORT + (options.port + started / options.sources) % PORTS));
        else
            setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        setsockopt(c->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(c->fd, (struct sockaddr *)&local, sizeof local) < 0) die("bind");
    }
    started++;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    c->state = CONNECTING;
    if (connect(c->fd, (struct sockaddr *)&options.to, sizeof options.to) < 0 && errno != EINPROGRESS)
        finish(c, 0);
}

static void read_plain(struct connection *c)
{
    uint8_t byte;
    ssize_t got = read(c->fd, &byte, 1);
    if (got < 0 && errno == EAGAIN) return;
    finish(c, got == 1);
}

static void read_secure(struct connection *c)
{
    static char buffer[RECEIVE];
    for (;;) {
        int got = SSL_read(c->ssl, buffer, sizeof buffer);
        if (got > 0) {
            if (!c->answered) c->answered = got > 12 && memcmp(buffer + 8, " 200", 4) == 0;
            bytes += (uint64_t)got;
            continue;
        }
        if (SSL_get_error(c->ssl, got) == SSL_ERROR_WANT_READ) return;
        finish(c, c->answered);
        ERR_clear_error();
        return;
    }
}

static void handshake(struct connection *c)
{
    int done = SSL_connect(c->ssl);
    if (done == 1) {
        SSL_write(c->ssl, request, (int)strlen(request));
        c->state = READING;
        want(c, EPOLLIN);
        read_secure(c);
        return;
    }
    int why = SSL_get_error(c->ssl, done);
    if (why == SSL_ERROR_WANT_READ)
        want(c, EPOLLIN);
    else if (why == SSL_ERROR_WANT_WRITE)
        want(c, EPOLLOUT);
    else {
        if (failed == 0) ERR_print_errors_fp(stderr);
        ERR_clear_error();
        finish(c, 0);
    }
}

static void connected(struct connection *c)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        if (failed == 0) fprintf(stderr, "connect: %s\n", strerror(error));
        finish(c, 0);
        return;
    }
    if (hello_length > 0) {
        if (write(c->fd, hello, hello_length) != (ssize_t)hello_length) {
            finish(c, 0);
            return;
        }
        c->state = READING;
        want(c, EPOLLIN);
        return;
    }
    c->ssl = SSL_new(context);
    SSL_set_fd(c->ssl, c->fd);
    SSL_set_tlsext_host_name(c->ssl, options.name);
    SSL_set1_host(c->ssl, options.name);
    c->state = HANDSHAKING;
    handshake(c);
}

static void give_up_on_the_old(void)
{
    uint64_t time = now();
    for (int i = 0; i < MOST; i++)
        if (table[i].state != FREE && time > table[i].began + PATIENCE) finish(&table[i], 0);
}

/* Starts what is due. Returns nanoseconds until more is, at most 100 ms. */
static uint64_t start_due(uint64_t began, uint64_t end)
{
    static int place;
    for (;;) {
        uint64_t time = now();
        uint64_t due = options.rate > 0 ? began + (uint64_t)started * SECOND / (uint64_t)options.rate : time;
        if (time >= end || (options.count > 0 && started >= options.count)) return SECOND / 10;
        if (due > time) return due - time < SECOND / 10 ? due - time : SECOND / 10;
        if (open_count >= (options.rate > 0 ? MOST : options.connections)) return SECOND / 10;
        while (table[place].state != FREE) place = (place + 1) % MOST;
        start(&table[place], due);
    }
}

static void run(void)
{
    uint64_t began = now(), checked = began;
    uint64_t end = options.seconds > 0 ? began + (uint64_t)(options.seconds * SECOND) : UINT64_MAX;
    poller = epoll_create1(0);
    for (;;) {
        uint64_t wait = start_due(began, end);
        struct timespec timeout = {.tv_sec = 0, .tv_nsec = (long)wait};
        struct epoll_event events[256];
        if (open_count == 0 && (now() >= end || (options.count > 0 && started >= options.count))) break;
        int ready = epoll_pwait2(poller, events, 256, &timeout, NULL);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->state == CONNECTING)
                connected(c);
            else if (c->state == HANDSHAKING)
                handshake(c);
            else if (c->state == READING && c->ssl != NULL)
                read_secure(c);
            else if (c->state == READING)
                read_plain(c);
        }
        if (now() > checked + SECOND) {
            give_up_on_the_old();
            checked = now();
        }
    }
    double seconds = (double)(now() - began) / SECOND;
    printf("{\"completed\":%ld,\"failed\":%ld,\"bytes\":%llu,\"seconds\":%.6f,\"microseconds\":[", completed, failed,
           (unsigned long long)bytes, seconds);
    for (long i = 0; i < completed; i++) printf(i == 0 ? "%.1f" : ",%.1f", (double)samples[i] / 1000);
    printf("]}\n");
}

/* Answers the first bytes of each connection by one byte, and closes. */
static void serve(struct sockaddr_in at)
{
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 4096) < 0) die("listen");
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            uint8_t buffer[16384];
            int fd = events[i].data.fd;
            if (fd != listener) {
                if (read(fd, buffer, sizeof buffer) > 0) (void)!write(fd, "!", 1);
                close(fd);
                continue;
            }
            while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                struct epoll_event more = {.events = EPOLLIN, .data.fd = fd};
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                epoll_ctl(poller, EPOLL_CTL_ADD, fd, &more);
            }
        }
    }
}

static void prepare_tls(void)
{
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (options.authority != NULL) {
        if (SSL_CTX_load_verify_locations(context, options.authority, NULL) != 1) die(options.authority);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    }
    if (options.certificate != NULL &&
        (SSL_CTX_use_certificate_chain_file(context, options.certificate) != 1 ||
         SSL_CTX_use_PrivateKey_file(context, options.key, SSL_FILETYPE_PEM) != 1))
        die(options.certificate);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", options.path,
             options.name);
}

static void read_hello(void)
{
    FILE *file = fopen(options.hello, "rb");
    if (file == NULL) die(options.hello);
    hello_length = fread(hello, 1, sizeof hello, file);
    fclose(file);
}

int main(int argc, char **argv)
{
    struct in_addr from;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value == NULL) usage();
        *value++ = 0;
        if (!strcmp(argv[i], "serve")) serve(parse_endpoint(value));
        else if (!strcmp(argv[i], "to")) options.to = parse_endpoint(value);
        else if (!strcmp(argv[i], "name")) options.name = value;
        else if (!strcmp(argv[i], "from") && inet_pton(AF_INET, value, &from) == 1) options.from = ntohl(from.s_addr);
        else if (!strcmp(argv[i], "sources")) options.sources = atoi(value);
        else if (!strcmp(argv[i], "port")) options.port = atoi(value);
        else if (!strcmp(argv[i], "connections")) options.connections = atoi(value);
        else if (!strcmp(argv[i], "rate")) options.rate = atoi(value);
        else if (!strcmp(argv[i], "count")) options.count = atol(value);
        else if (!strcmp(argv[i], "seconds")) options.seconds = atof(value);
        else if (!strcmp(argv[i], "authority")) options.authority = value;
        else if (!strcmp(argv[i], "certificate")) options.certificate = value;
        else if (!strcmp(argv[i], "key")) options.key = value;
        else if (!strcmp(argv[i], "path")) options.path = value;
        else if (!strcmp(argv[i], "hello")) options.hello = value;
        else usage();
    }
    if (options.name == NULL || options.to.sin_port == 0 || options.connections > MOST || options.sources < 1 ||
        (options.count <= 0 && options.seconds <= 0))
        usage();
    if (options.hello != NULL) read_hello();
    else prepare_tls();
    run();
    return 0;
}
