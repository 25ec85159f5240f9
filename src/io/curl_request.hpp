// SPDX-License-Identifier: MIT
// One request, or one connection, of libcurl. What io/curl.hpp says of an HttpTransfer holds for this; it
// makes each request as HTTP of libcurl's own. Called by io/curl and io/plain_exchange.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "io/curl.hpp"

namespace unitgate {

class CurlRequest {
  public:
    // Loads libcurl at the first call. `event` and `request` must outlive it.
    static Result<std::unique_ptr<CurlRequest>> create(const Event& event, const HttpRequest& request);
    void trace();
    void reconnect();
    // As HttpTransfer::start(); `timeout` is what a message says, `ends` when the time is over.
    void start(Duration timeout, Instant ends, Fd connected, std::function<void(HttpAnswer)> done);
    ~CurlRequest();

    // These are for a request with only_connect, once it has succeeded: its connection stays open for them
    // (CURLOPT_CONNECT_ONLY(3)) until the next start().
    int active_socket() const;         // to wait on for bytes to receive
    bool send(std::string_view bytes); // false: not all of it, now
    // 0: nothing has come. Nothing at all: the connection is lost.
    std::optional<std::size_t> receive(std::span<char> to);
    // Sets failure and detail of the answer: why that is so, or that none came in time. explain_lost() gives
    // whether the server has ended the connection in order.
    bool explain_lost(HttpAnswer& answer) const;
    static void explain_silence(bool has_begun, Duration timeout, HttpAnswer& answer);
    void close();

  private:
    struct State;
    explicit CurlRequest(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace unitgate
