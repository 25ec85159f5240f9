// SPDX-License-Identifier: MIT
// Says in this program's words why a request of libcurl failed. Only curl_request.cpp includes this.
#pragma once

#include <string_view>

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

// Whether `text`, as in a FailedRequest, says that what came is not HTTP/2. With libcurl 8.14 a request goes
// on after that, up to its time-out.
bool tells_of_no_http2(std::string_view text);

// Sets `failure` and `detail` of the answer.
void explain_failure(const CurlLibrary& curl, CURL* easy, const FailedRequest& failed, HttpAnswer& answer);

} // namespace unitgate
