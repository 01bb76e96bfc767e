#include "port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#define MAC_ADDRESSES 12
#define TAG 4
#define SOCKET_BUFFER (16 << 20)

static const size_t HEADER = sizeof(struct virtio_net_hdr);

/* The interface's own IPv6 would answer for the far end. Where it cannot be switched off there is none. */
static void disable_ipv6(const char *interface)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface);
    FILE *file = fopen(path, "w");
    if (file == NULL) return;
    fputs("1", file);
    fclose(file);
}

static int configure(int port, int index)
{
    int on = 1, buffer = SOCKET_BUFFER;
    struct packet_mreq promiscuous = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
    /* Kernels before 4.20 do not know it; port_read looks at the packet type as well. */
    setsockopt(port, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    if (setsockopt(port, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(port, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    if (setsockopt(port, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(port, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (setsockopt(port, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) return -1;
    if (setsockopt(port, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0) return -1;
    if (setsockopt(port, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) != 0) return -1;
    return bind(port, (struct sockaddr *)&address, sizeof address);
}

int port_open(const char *interface, char *message, size_t size)
{
    unsigned index = if_nametoindex(interface);
    if (index == 0) {
        snprintf(message, size, "no interface %s", interface);
        return -1;
    }
    disable_ipv6(interface);
    int port = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (port < 0 || configure(port, (int)index) != 0) {
        snprintf(message, size, "%s: %s", interface, strerror(errno));
        if (port >= 0) close(port);
        return -1;
    }
    return port;
}

/* The kernel takes the outer VLAN tag out of a frame and reports it aside; put it back where it was. */
static size_t restore_tag(uint8_t *frame, size_t length, const struct tpacket_auxdata *aux)
{
    uint16_t type = htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q);
    uint16_t tag = htons(aux->tp_vlan_tci);
    memmove(frame + MAC_ADDRESSES + TAG, frame + MAC_ADDRESSES, length - MAC_ADDRESSES);
    memcpy(frame + MAC_ADDRESSES, &type, 2);
    memcpy(frame + MAC_ADDRESSES + 2, &tag, 2);
    return length + TAG;
}

static void shift_offload(uint8_t *buffer)
{
    struct virtio_net_hdr header;
    memcpy(&header, buffer, HEADER);
    if (header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) header.csum_start = (uint16_t)(header.csum_start + TAG);
    if (header.gso_type != VIRTIO_NET_HDR_GSO_NONE) header.hdr_len = (uint16_t)(header.hdr_len + TAG);
    memcpy(buffer, &header, HEADER);
}

long port_read(int port, uint8_t *buffer, size_t *frame)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    struct sockaddr_ll from;
    struct iovec part = {.iov_base = buffer, .iov_len = PORT_BUFFER - TAG};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t length = recvmsg(port, &message, MSG_DONTWAIT);
    if (length < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    if (from.sll_pkttype == PACKET_OUTGOING || (size_t)length < HEADER + ETH_HLEN || (message.msg_flags & MSG_TRUNC))
        return -1;
    *frame = (size_t)length - HEADER;
    for (struct cmsghdr *part_of = CMSG_FIRSTHDR(&message); part_of; part_of = CMSG_NXTHDR(&message, part_of)) {
        if (part_of->cmsg_level != SOL_PACKET || part_of->cmsg_type != PACKET_AUXDATA) continue;
        struct tpacket_auxdata aux;
        memcpy(&aux, CMSG_DATA(part_of), sizeof aux);
        if (!(aux.tp_status & TP_STATUS_VLAN_VALID)) continue;
        *frame = restore_tag(buffer + HEADER, *frame, &aux);
        shift_offload(buffer);
    }
    return (long)(HEADER + *frame);
}

int port_write(int port, const uint8_t *bytes, size_t length)
{
    ssize_t sent;
    do sent = send(port, bytes, length, MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}
