// SPDX-License-Identifier: MIT
// sd-event behind owner types (sd-event(3)). One loop drives timers, sockets, signals, children, the bus and
// curl. Callbacks may destroy their own source. An exception in a callback ends the loop with an error
// instead of unwinding through C.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.hpp"
#include "base/time.hpp"

struct sd_event;
struct sd_event_source;

namespace unitgate {

class Event {
  public:
    // A loop of its own, not the thread's default.
    static Result<Event> create();
    sd_event* get() const { return event_.get(); }

    // Runs until exit(); gives the code of exit(). Fails when a callback threw or the loop itself broke.
    Result<int> loop();
    void exit(int code = 0);
    // Runs the loop until `done` holds; it is asked before each turn. Fails as loop() does, and when the loop
    // has ended before.
    Status run_until(const std::function<bool()>& done) const;

  private:
    struct Free {
        void operator()(sd_event* event) const;
    };
    std::unique_ptr<sd_event, Free> event_;
};

// For the glue of other C libraries with this loop: runs `body`; what it throws ends the loop with an error.
// Always 0, as sd-event wants it.
int guard_callback(sd_event* event, const std::function<void()>& body);

// One source of the loop; removed when this goes.
class Source {
  public:
    Source() = default;
    explicit operator bool() const { return source_ != nullptr; }
    void reset() { source_.reset(); }

  private:
    struct Handler;
    struct Free {
        void operator()(Handler* handler) const;
    };
    std::unique_ptr<Handler, Free> source_;
    friend Result<Source> add_timer(const Event&, Instant, std::function<void()>, Duration);
    friend Status set_timer(Source&, Instant);
    friend Result<Source> add_io(const Event&, int, std::uint32_t, std::function<void(std::uint32_t)>);
    friend Result<Source> add_signal(const Event&, int, std::function<void()>);
    friend Result<Source> add_defer(const Event&, std::function<void()>);
    friend Result<Source> add_child(const Event&, int, std::function<void(int, int)>);
};

// Once, at `at` or up to `accuracy` later (1 us at least; systemd's default of 250 ms is never used here).
Result<Source> add_timer(const Event& event, Instant at, std::function<void()> callback,
                         Duration accuracy = Duration(1));
// Sets a timer of add_timer() anew, fired or not: half as costly as a new one.
Status set_timer(Source& timer, Instant at);
// `events` as epoll(7): EPOLLIN, EPOLLOUT; the callback gets what happened.
Result<Source> add_io(const Event& event, int fd, std::uint32_t events,
                      std::function<void(std::uint32_t)> callback);
// Blocks `signal` for this thread and delivers it in the loop, ahead of everything else that is ready.
Result<Source> add_signal(const Event& event, int signal, std::function<void()> callback);
// Once, at the next turn of the loop.
Result<Source> add_defer(const Event& event, std::function<void()> callback);
// Once, when the child `pid` has ended; it is reaped. callback(si_code, si_status) as waitid(2).
// SIGCHLD must be blocked before the child is made (Event::create does that).
Result<Source> add_child(const Event& event, int pid, std::function<void(int, int)> callback);

// What the loop's user can't do without: where it was not had, throws, which within a callback ends the loop
// with that error.
Source needed(Result<Source> source);
void needed(const Status& done);

} // namespace unitgate
