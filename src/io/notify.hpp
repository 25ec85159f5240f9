// SPDX-License-Identifier: MIT
// The readiness protocol of sd_notify(3): owns one datagram socket to $NOTIFY_SOCKET. Spoken here instead of
// through libsystemd, which reads the variable at each call: it is taken out of the environment once, so that
// no child sees it and no thread of a library races with setenv. Without a socket every call does nothing.
// Used by report alone. Never decides what is ready.
#pragma once

#include <string>
#include <string_view>

#include <sys/un.h>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/time.hpp"

namespace unitgate {

// How often alive() is to be sent: half of $WATCHDOG_USEC, where systemd set that for this process; else 0.
Duration watchdog_period();

// Control bytes escaped, at most `limit` bytes; a longer text is cut at a character and ends in "...".
std::string one_line(std::string_view text, std::size_t limit);

class Notify {
  public:
    Notify() = default; // talks to nobody
    // Takes $NOTIFY_SOCKET (a path, or '@' and an abstract name) and unsets it. Fails on a malformed address.
    static Result<Notify> from_environment();
    bool active() const { return static_cast<bool>(fd_); }

    // STATUS=, see one_line; at most 200 bytes; not sent again while it stays the same. Never waits: a full
    // socket drops the text, and the next change brings a newer one. With `extend` also EXTEND_TIMEOUT_USEC=:
    // the start may take that long from now. Without a lower limit of the manager it does nothing. One
    // message for both, since each costs the manager a turn and its bus a signal, and a start waits for them.
    void status(std::string_view text, Duration extend = Duration::zero());
    // READY=1 with its status, then the barrier of sd_notify_barrier(3): returns once the manager has read
    // it, so that a process that exits at once is not too early. Fails when it could not be sent, or with
    // ETIMEDOUT when the manager took longer than `wait` (the message itself is then queued).
    [[nodiscard]] Status ready(std::string_view status, Duration wait = std::chrono::seconds(5));
    // That barrier alone: returns once the manager has read all that was sent before, and with that has done
    // all that it was at. Fails as ready() does.
    [[nodiscard]] Status barrier(Duration wait = std::chrono::seconds(5));
    // RELOADING=1 with the time, as sd_notify(3) wants it: a reload of this process has begun; ready() ends
    // it.
    [[nodiscard]] Status reloading();
    // WATCHDOG=1: this process is alive, see watchdog_period(). Lost when the queue is full; it is sent twice
    // in each period.
    void alive();

  private:
    [[nodiscard]] Status send(std::string_view message, int flags, int attached_fd = -1);
    Fd fd_; // not connected: a manager that made its socket anew is reached again
    sockaddr_un address_{};
    socklen_t length_ = 0;
    std::string last_status_;
};

} // namespace unitgate
