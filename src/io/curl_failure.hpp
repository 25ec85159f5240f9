// SPDX-License-Identifier: MIT
// Says in this program's words why a request of libcurl failed. Only curl.cpp includes this.
#pragma once

#include "io/curl.hpp"
#include "io/curl_library.hpp"

namespace unitgate {

struct FailedRequest {
    CURLcode code;
    const char* text; // CURLOPT_ERRORBUFFER; read, never shown: it may hold parts of the answer
    bool secure;      // https
    bool named;       // the address had to be looked up
    bool status_line; // one came
    bool http2;       // was asked for
    Duration timeout;
};

// Sets `failure` and `detail` of the answer.
void explain_failure(const CurlLibrary& curl, CURL* easy, const FailedRequest& failed, HttpAnswer& answer);

} // namespace unitgate
