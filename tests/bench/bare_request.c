// SPDX-License-Identifier: MIT
// What a repeated request costs this machine when nothing but the system calls is left of it: sleep, send, receive, on
// one kept connection without TLS. Prints for each its CPU time in nanoseconds, after some that warm up.
// usage: bare_request N PAUSE PORT
//   PAUSE  microseconds between two
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { WARM = 20 };

static long long cpu_time(void) {
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    int count = atoi(argv[1]), on = 1;
    struct timespec pause = {0, atol(argv[2]) * 1000};
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[3]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr*)&server, sizeof server) != 0) return 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    static const char request[] = "GET / HTTP/1.1\r\nHost: bench.example.net\r\nAccept: */*\r\n\r\n";
    char answer[4096];
    for (int left = count + WARM; left > 0; --left) {
        long long used = cpu_time(); // sleeping and waking up is a part of it
        nanosleep(&pause, NULL);
        if (send(fd, request, sizeof request - 1, 0) < 0 || recv(fd, answer, sizeof answer, 0) <= 0) return 1;
        if (left <= count) printf("%lld\n", cpu_time() - used);
    }
    return 0;
}
