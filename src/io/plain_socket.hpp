// SPDX-License-Identifier: MIT
// A plain connection over a socket of this program's own, to an address that needs no look-up: without TLS,
// libcurl would add nothing to it but the time and the memory that it takes to load. Used by
// io/plain_exchange.
#pragma once

#include "io/connecting.hpp"
#include "io/plain_connection.hpp"

namespace unitgate {

class PlainSocket : public PlainConnection {
  public:
    // Whether such a connection can be made for this request.
    static bool serves(const HttpRequest& request);

    // `event` and `request` must outlive it.
    PlainSocket(const Event& event, const HttpRequest& request);
    void start(Duration timeout, Instant ends, Fd connected, std::function<void(HttpAnswer)> done) override;
    int active_socket() const override { return fd_.get(); }
    bool send(std::string_view bytes) override;
    std::optional<std::size_t> receive(std::span<char> to) override;
    bool explain_lost(HttpAnswer& answer) const override;
    void close() override;

  private:
    void take(Connection connection);

    const Event& event_;
    const HttpRequest& request_;
    Connecting connecting_;
    Source soon_;
    Fd fd_;
    int lost_ = 0;  // what send() was told of the connection's end; receive() would not be told that again
    int error_ = 0; // of the last receive(); 0: the end, in order

    // While it connects.
    std::function<void(HttpAnswer)> done_;
    Duration timeout_{0};
};

} // namespace unitgate
