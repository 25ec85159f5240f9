// SPDX-License-Identifier: MIT
// A connection under way in the event loop, with a time-out, and the words for what it came to. Used by plain
// exchanges, by the socket probes, and by the HTTP probe while its port is closed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "io/curl.hpp"
#include "io/event.hpp"
#include "io/socket.hpp"

namespace unitgate {

class Connecting {
  public:
    explicit Connecting(const Event& event) : event_(event) {}
    // What begin_connecting() may try again.
    Fd spare() { return std::move(spare_); }
    // What is connected or has failed already is returned. Else `done` comes from the loop, once; it may
    // destroy this object. It gets the connected socket, or the errno (ETIMEDOUT after `timeout`).
    std::optional<Connection> start(Connection begun, Duration timeout, std::function<void(Connection)> done);
    // Abandons what is under way; `done` is not called.
    void cancel();

  private:
    void finish(Connection connection);

    const Event& event_;
    Connection pending_;
    std::function<void(Connection)> done_;
    Source watch_, timer_;
    Fd spare_;
};

struct ConnectionFailure {
    HttpFailure kind = HttpFailure::none;
    std::string detail; // a clause
};

// `error` of a connection that had `timeout` to be made: 0 is no failure.
ConnectionFailure explain_connection(int error, Duration timeout);

} // namespace unitgate
