/* A TCP connection that somebody else began, restored on this machine (TCP_REPAIR, CONFIG_CHECKPOINT_RESTORE). */
#pragma once
#include <netinet/in.h>
#include <stdint.h>

struct connection {
    struct sockaddr_storage tenant, client;
    socklen_t address_length;
    uint32_t send_sequence;    /* of the first byte that the tenant sends */
    uint32_t receive_sequence; /* of the first byte that the client sends */
    uint32_t tsval;            /* of the tenant's next segment, at least */
    uint32_t client_window;    /* bytes that the client takes, after scaling */
    uint32_t offered_window;   /* bytes that the SYN-ACK promised */
    uint16_t mss;              /* of the client */
    uint8_t client_scale, tenant_scale;
    unsigned timestamps : 1, sack : 1, window_scale : 1;
};

/* Where a restoration ended. */
enum restore_step {
    RESTORED,
    STEP_SOCKET,
    STEP_REPAIR,
    STEP_BIND,
    STEP_SEQUENCE,
    STEP_MSS,
    STEP_CONNECT,
    STEP_OPTIONS,
    STEP_TIMESTAMP,
    STEP_WINDOW,
    STEP_START,
    STEP_REUSE,
    STEP_DELIVER,
    STEP_REQUEST,
};

/* Whether this process may restore connections, and the kernel can. */
int restore_possible(void);

/* Sends nothing. The descriptor is close-on-exec. What is not RESTORED leaves errno and nothing open. */
enum restore_step restore(const struct connection *connection, int *descriptor);

/* Forgets a restored connection without a word to the client. */
void restore_undo(int descriptor);
