// SPDX-License-Identifier: MIT
// When the parts of a request of libcurl were done, and the certificate that the server showed. Only
// curl_request.cpp includes this.
#pragma once

#include "io/curl.hpp"
#include "io/curl_library.hpp"

namespace unitgate {

// The certificate is there only with CURLOPT_CERTINFO and after a handshake that was not refused.
HttpTrace read_trace(const CurlLibrary& curl, CURL* easy);

} // namespace unitgate
