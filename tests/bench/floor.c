// SPDX-License-Identifier: MIT
// What one request takes at best: made over and over with libcurl and nothing around it. Prints for each its time and its
// CPU time in nanoseconds, after some that warm up.
// usage: floor N PAUSE (new | kept) URL CONNECT_TO CA ("" where not needed)
//   PAUSE  microseconds between two
//   new    a connection and a whole handshake each time
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

enum { WARM = 20 };

static size_t ignore(char* text, size_t size, size_t count, void* to) {
    (void)text;
    (void)to;
    return size * count;
}

static long long now(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

int main(int argc, char** argv) {
    if (argc != 7) return 2;
    int count = atoi(argv[1]);
    struct timespec pause = {0, atol(argv[2]) * 1000};
    CURL* easy = curl_easy_init();
    if (!easy) return 1;
    struct curl_slist* to = curl_slist_append(NULL, argv[5]);
    curl_easy_setopt(easy, CURLOPT_URL, argv[4]);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, to);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (argv[6][0]) curl_easy_setopt(easy, CURLOPT_CAINFO, argv[6]);
    if (strcmp(argv[3], "new") == 0) curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    for (int left = count + WARM; left > 0; --left) {
        long long used = now(CLOCK_PROCESS_CPUTIME_ID); // sleeping and waking up is a part of it
        nanosleep(&pause, NULL);
        long long begin = now(CLOCK_MONOTONIC);
        if (curl_easy_perform(easy) != CURLE_OK) return 1;
        long long took = now(CLOCK_MONOTONIC) - begin;
        if (left <= count) printf("%lld %lld\n", took, now(CLOCK_PROCESS_CPUTIME_ID) - used);
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(to);
    return 0;
}
