// SPDX-License-Identifier: MIT
// A plain request (io/plain_http) made over and over on one connection. A repeated request is then little
// more than to send and to receive: about seven tenths of what libcurl's own HTTP costs. Where there is a
// name to look up or TLS, the connection is libcurl's. Called by io/curl.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "io/curl.hpp"
#include "io/plain_connection.hpp"
#include "io/plain_http.hpp"

namespace unitgate {

class PlainExchange {
  public:
    // nullptr where the request is not a plain one, or libcurl is needed for its connection and can't be had.
    // `event` and `request` must outlive it.
    static std::unique_ptr<PlainExchange> create(const Event& event, const HttpRequest& request);
    // `done` comes from the loop, once, never from within start(); it may destroy this. It gets nothing where
    // what came is not plain or broke off, or the request did not go out in one: libcurl is to ask again.
    void start(Duration timeout, Instant ends, Fd connected,
               std::function<void(std::optional<HttpAnswer>)> done);

  private:
    PlainExchange(const Event& event, const HttpRequest& request, std::string bytes);
    void connect(Fd connected);
    void send();
    void look_at_idle();
    void receive();
    void on_end();
    void on_time();
    void set_timer_to(Instant at);
    void connect_again();
    void drop_connection();
    void finish(std::optional<HttpAnswer> answer);

    const Event& event_;
    HttpRequest connecting_; // the request up to libcurl's connection
    const HttpRequest& request_;
    const std::string bytes_;
    std::unique_ptr<PlainConnection> connection_;
    Source readable_; // while there is a connection
    Source timer_;    // may run on past the exchange that it was set for
    std::optional<Instant> rings_at_;
    Instant used_at_{}; // when the last exchange was over

    // Of the exchange under way.
    std::function<void(std::optional<HttpAnswer>)> done_;
    Duration timeout_{0};
    Instant ends_{};
    bool is_kept_ = false; // on a connection of an earlier one
    std::optional<PlainAnswer> answer_;
};

} // namespace unitgate
