// SPDX-License-Identifier: MIT
// The plain part of HTTP/1 (RFC 9112), which is all that most servers of a health check speak: a GET or HEAD
// without a body, and an answer with a length, in plain chunks or up to the end of its connection. What is
// anything else is called odd here, never judged: libcurl is asked about it. Pure. Called by
// io/plain_exchange.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config.hpp"
#include "io/curl.hpp"

namespace unitgate {

inline constexpr const char* user_agent = "unitgate/" UNITGATE_VERSION;

// What libcurl would send, but for the order of headers and the case of the host; nothing where that is not a
// plain request over HTTP/1.1.
std::optional<std::string> plain_request(const HttpRequest& request);

// Sets `failure` and `detail` of an answer that is not whole in its time. `has_begun`: a part of it came.
void explain_silence(bool has_begun, Duration timeout, HttpAnswer& answer);

class PlainAnswer {
  public:
    enum class Is { more, whole, odd }; // `more` is to come

    explicit PlainAnswer(const HttpRequest& request); // which must outlive this
    // What has come since the last call; not to be called after `odd`. Bytes after the end make it odd.
    Is take(std::string_view bytes);
    Is end(); // the server has ended the connection, in order: never `more`
    // Of `whole`: also one that is longer than it may be, without the rest. The status is there as soon as
    // its line is.
    const HttpAnswer& answer() const { return answer_; }
    HttpAnswer take_answer() { return std::move(answer_); }
    bool keeps_connection() const { return keeps_connection_; }
    bool has_begun() const { return has_begun_; } // at least a byte came

  private:
    enum class Part { status, header, body, rest, chunk_size, chunk, chunk_end, last_chunk_end, done };
    bool take_line(std::string_view line);
    bool take_status(std::string_view line);
    bool take_header(std::string_view line);
    void begin_body();
    bool begin_chunk(std::string_view line);
    void take_body(std::string_view bytes);

    const HttpRequest& request_;
    Part part_ = Part::status;
    bool has_begun_ = false;
    bool is_1_0_ = false, keeps_connection_ = true;
    std::string line_; // the part of one that has come
    std::size_t header_bytes_ = 0, body_bytes_ = 0;
    std::size_t left_ = 0; // of the body or the chunk
    std::optional<std::size_t> length_;
    bool is_chunked_ = false;
    HttpAnswer answer_;
};

} // namespace unitgate
