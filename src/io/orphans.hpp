// SPDX-License-Identifier: MIT
// Children of this process that no Process has started: orphans of commands, adopted because io/process makes
// this process their reaper. Knows which children are whose, and reaps orphans that end, so that none stays a
// zombie where this process lives long. Used by io/process and by the watch; ends no process.
#pragma once

#include <set>

#include <sys/types.h>

#include "base/error.hpp"
#include "io/event.hpp"

namespace unitgate {

// Children that a live Process has started: never taken for an orphan of another one. Theirs to reap.
std::set<pid_t>& leaders();

bool has_children();
std::set<pid_t> children_here();

class OrphanReaper {
  public:
    // `event` must outlive it.
    explicit OrphanReaper(const Event& event) : event_(event) {}
    // From now on, in the loop: also those that have ended before.
    Status start();

  private:
    Status look_soon();
    void look();
    const Event& event_;
    Source signal_, later_;
};

} // namespace unitgate
