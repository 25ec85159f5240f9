// SPDX-License-Identifier: MIT
// What a request asks of libcurl, as options of its handle: where to go, what to send, whom to trust. Not how
// its answer is taken. Only curl_request.cpp includes this.
#pragma once

#include "io/curl.hpp"
#include "io/curl_library.hpp"

namespace unitgate {

class CurlOptions {
  public:
    // Sets them. `request` must outlive this, and this `easy`.
    CurlOptions(const CurlLibrary& curl, CURL* easy, const HttpRequest& request);
    ~CurlOptions();
    CurlOptions(const CurlOptions&) = delete;
    CurlOptions& operator=(const CurlOptions&) = delete;

    // HTTP/2 from the first byte on: without TLS, nothing is agreed on.
    bool takes_http2_for_granted() const;

  private:
    template <class Value>
    void option(CURLoption name, Value value) {
        curl_.easy_setopt(easy_, name, value);
    }
    void set_up_method();
    void set_up_tls();

    const CurlLibrary& curl_;
    CURL* const easy_;
    const HttpRequest& request_;
    curl_slist* headers_ = nullptr;
    curl_slist* connect_to_ = nullptr;
};

} // namespace unitgate
