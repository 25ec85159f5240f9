// SPDX-License-Identifier: MIT
// A session with a service manager, and following jobs in it to their end with what is shown meanwhile. Used
// by start, stop and reconcile. Owns loop and connection; what counts as up is systemd/jobs' business.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/verb.hpp"
#include "base/error.hpp"
#include "io/bus.hpp"
#include "io/event.hpp"
#include "report/job_lines.hpp"
#include "systemd/jobs.hpp"
#include "systemd/manager.hpp"

namespace unitgate {

// -H, -M and --user; an error is one of usage.
Result<BusTarget> bus_target(const Invocation& invocation);
// " -H web1", to be put into commands that are shown; empty for the local system.
std::string target_options(const BusTarget& target);

struct FollowEnd {
    std::vector<JobRow> rows;
    bool interrupted = false;  // Ctrl-C: rows may be undecided, their jobs go on
    std::optional<Error> gone; // the manager did not come back
};

class Session {
  public:
    // Waits until the manager has answered.
    static Result<std::unique_ptr<Session>> connect(const BusTarget& target);
    Event& event() { return event_; }
    Manager& manager() { return *manager_; }

    // `quiet` shows nothing. With Ctrl-C or SIGTERM it ends early.
    Result<FollowEnd> follow(std::vector<Wish> wishes, bool quiet);
    // The state of one unit now.
    Result<UnitState> look(const std::string& unit);

  private:
    explicit Session(Event event) : event_(std::move(event)) {}
    Event event_;
    ManagerEvents listeners_; // of the one that follows now
    std::unique_ptr<Manager> manager_;
    std::optional<Error> gone_;
};

// After a follow that did not end well: the next commands to type, as lines.
std::string next_commands(const FollowEnd& end, const BusTarget& target);
// The exit code of `start`: 0 all up on the wanted version, 1 some are not up, 3 all up but some not on it.
int start_code(const FollowEnd& end);

} // namespace unitgate
