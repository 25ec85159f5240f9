// SPDX-License-Identifier: MIT
// One GET with libcurl and nothing else: what the memory of a run is held against.
// usage: one_request URL CONNECT_TO CA ("" where not needed)
#include <stddef.h>

#include <curl/curl.h>

static size_t ignore(char* text, size_t size, size_t count, void* to) {
    (void)text;
    (void)to;
    return size * count;
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    CURL* easy = curl_easy_init();
    if (!easy) return 1;
    struct curl_slist* to = curl_slist_append(NULL, argv[2]);
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, to);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    if (argv[3][0]) curl_easy_setopt(easy, CURLOPT_CAINFO, argv[3]);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    curl_slist_free_all(to);
    return code == CURLE_OK ? 0 : 1;
}
