// SPDX-License-Identifier: MIT
// A session with a service manager, and following jobs in it to their end. Used by start, stop and reconcile.
// Owns loop and connection; what counts as up is systemd/jobs' business, what is shown report/job_table's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/bus.hpp"
#include "io/event.hpp"
#include "systemd/jobs.hpp"
#include "systemd/manager.hpp"

namespace unitgate {

struct FollowEnd {
    std::vector<JobRow> rows;
    bool interrupted = false;  // Ctrl-C: rows may be undecided, jobs that were asked for go on
    std::optional<Error> gone; // the manager did not come back
};

class Session {
  public:
    // Waits until the manager has answered.
    static Result<std::unique_ptr<Session>> connect(const BusTarget& target, Road road = Road::bus);
    Event& event() { return event_; }
    Manager& manager() { return *manager_; }

    // Shows what it follows, unless `quiet`. With Ctrl-C or SIGTERM it ends early, unless `to_the_end`.
    Result<FollowEnd> follow(std::vector<Wish> wishes, bool quiet, bool to_the_end = false);
    // From here on Ctrl-C, SIGTERM and SIGHUP end nothing but what follow() and others that look here do.
    Status watch_signals();
    bool is_interrupted() const { return interrupted_; }
    // The manager did not come back: this session is of no more use.
    bool is_gone() const { return gone_.has_value(); }
    // The state of one unit now.
    Result<UnitState> look(const std::string& unit);

  private:
    void find_blockers(FollowEnd& end);
    explicit Session(Event event) : event_(std::move(event)) {}
    Event event_;
    ManagerEvents listeners_; // of the one that follows now
    std::unique_ptr<Manager> manager_;
    std::optional<Error> gone_;
    std::vector<Source> signals_;
    bool interrupted_ = false;
};

} // namespace unitgate
