// SPDX-License-Identifier: MIT
// An answer as libcurl's own HTTP hands it over, piece by piece, within the limits of the request. Only
// curl_request.cpp includes this.
#pragma once

#include <cstddef>
#include <string_view>

#include "io/curl.hpp"
#include "io/curl_library.hpp"

namespace unitgate {

class CurlAnswer {
  public:
    explicit CurlAnswer(const HttpRequest& request); // which must outlive this
    // Sets options of `easy`, which this must outlive; it stays where it is.
    void take_from(const CurlLibrary& curl, CURL* easy);
    void begin(bool keep_body); // of the next one, also where the request does not want it
    bool has_begun() const { return header_bytes_ > 0; }
    bool is_whole() const; // where libcurl has no objection
    bool headers_are_too_large() const { return headers_too_large_; }
    bool has_strange_coding() const { return strange_coding_; }
    HttpAnswer take(); // headers and body of it

    CurlAnswer(const CurlAnswer&) = delete;
    CurlAnswer& operator=(const CurlAnswer&) = delete;

  private:
    void keep_header(std::string_view line);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

    const HttpRequest& request_;
    bool keeps_body_ = false;
    std::size_t header_bytes_ = 0, body_bytes_ = 0;
    bool headers_too_large_ = false, headers_complete_ = false, strange_coding_ = false;
    HttpAnswer answer_;
};

} // namespace unitgate
