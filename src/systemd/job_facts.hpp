// SPDX-License-Identifier: MIT
// What the manager has queued behind one unit's job, and how the units that a gate asks fare: the facts that
// plan/obstacle judges. Asks only; changes nothing. Called by app/run_obstacle.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plan/obstacle.hpp"
#include "systemd/manager.hpp"

namespace unitgate {

struct JobFacts {
    bool ours = false; // the unit's start is the one of `invocation`; else nothing else is asked
    JobsNow now;
};

// All questions are on their way at once; `done` comes once, from the loop, unless the connection goes first:
// then it may fail or not come at all. The manager must be up.
void ask_job_facts(Manager& manager, const std::string& unit, const std::string& invocation,
                   const std::vector<std::string>& servers, std::function<void(BusResult<JobFacts>)> done);

// From the properties of a unit's Unit interface. Pure.
ServerNow server_now(const std::vector<BusProperty>& properties);

} // namespace unitgate
