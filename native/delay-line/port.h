/* An interface as the line sees it: raw frames in and out through AF_PACKET. */
#ifndef DELAY_LINE_PORT_H
#define DELAY_LINE_PORT_H

#include <stddef.h>
#include <stdint.h>

/* Room for a virtio_net_hdr, a VLAN tag and the largest frame that segmentation offload makes. */
#define PORT_BUFFER (10 + 4 + 18 + 65536)

/* Opens a socket on an interface: promiscuous, without the frames that this process sends, with offload headers.
 * Returns it, or -1 with the reason in message. */
int port_open(const char *interface, char *message, size_t size);

/* Reads one frame behind its offload header into buffer and sets the frame's own length. Returns the number of bytes,
 * 0 when there is none now, -1 when this one is to be passed over. */
long port_read(int port, uint8_t *buffer, size_t *frame);

/* Sends what port_read gave. Returns 0, or -1 when the interface refuses it. */
int port_write(int port, const uint8_t *bytes, size_t length);

#endif
