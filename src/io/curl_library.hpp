// SPDX-License-Identifier: MIT
// libcurl's functions, looked up at the first request: verbs that make none must not pay the 20 ms that it
// takes to load it. Only the curl_*.cpp files of this folder include this, and nothing else includes curl's
// headers.
#pragma once

// The checking macros of curl_easy_setopt() need the functions to be linked.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/error.hpp"

namespace unitgate {

struct CurlLibrary {
    decltype(&::curl_global_init) global_init;
    decltype(&::curl_version_info) version_info;
    decltype(&::curl_easy_init) easy_init;
    decltype(&::curl_easy_setopt) easy_setopt;
    decltype(&::curl_easy_getinfo) easy_getinfo;
    decltype(&::curl_easy_strerror) easy_strerror;
    decltype(&::curl_easy_cleanup) easy_cleanup;
    decltype(&::curl_easy_pause) easy_pause;
    decltype(&::curl_easy_send) easy_send;
    decltype(&::curl_easy_recv) easy_recv;
    decltype(&::curl_slist_append) slist_append;
    decltype(&::curl_slist_free_all) slist_free_all;
    decltype(&::curl_multi_init) multi_init;
    decltype(&::curl_multi_setopt) multi_setopt;
    decltype(&::curl_multi_add_handle) multi_add_handle;
    decltype(&::curl_multi_remove_handle) multi_remove_handle;
    decltype(&::curl_multi_socket_action) multi_socket_action;
    decltype(&::curl_multi_info_read) multi_info_read;
    decltype(&::curl_multi_cleanup) multi_cleanup;

    const char* default_ca = nullptr; // the bundle that it was built with, where it can be read
    unsigned version = 0;             // 0x075801 is 7.88.1
};

// Loads it once and never lets go of it (OpenSSL can't be unloaded). Fails with what the linker says, or
// where it is older than 7.85.
Result<const CurlLibrary*> load_curl();

} // namespace unitgate
