// SPDX-License-Identifier: MIT
// What a plain exchange goes over: a connection that is made anew as often as is needed. A socket of this
// program's own (io/plain_socket), or one of libcurl's (io/curl_request), which looks up names and speaks
// TLS.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "io/curl.hpp"

namespace unitgate {

class PlainConnection {
  public:
    virtual ~PlainConnection() = default;
    // Drops what there was. `done` comes from the loop, once, never from within start(): without a failure it
    // is connected. `connected` is taken where there is one; `timeout` is what a message says, `ends` when
    // the time is over.
    virtual void start(Duration timeout, Instant ends, Fd connected,
                       std::function<void(HttpAnswer)> done) = 0;

    // Once it is connected, until close() or the next start():
    virtual int active_socket() const = 0; // to wait on for bytes to receive; negative: it is gone
    // False: not all of it, now. That the connection is lost may show at the next receive() only.
    virtual bool send(std::string_view bytes) = 0;
    // 0: nothing has come. Nothing at all: the connection is lost.
    virtual std::optional<std::size_t> receive(std::span<char> to) = 0;
    // Sets failure and detail of the answer to why it is lost. Gives whether the server has ended it in
    // order.
    virtual bool explain_lost(HttpAnswer& answer) const = 0;
    virtual void close() = 0;
};

} // namespace unitgate
