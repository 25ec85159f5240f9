// SPDX-License-Identifier: MIT
// The shell around the rule of a watch: keeps probing an app that is up, and reports when it turns unhealthy
// and when it is healthy again. Owns the probers of a spec's gate. Called by app/run_watch. Never prints,
// never blocks, never ends by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "gate/gate.hpp"
#include "gate/probers.hpp"
#include "gate/watch_rule.hpp"

namespace unitgate {

struct WatchReport {
    bool healthy = true;
    Duration since{0};  // so long it has been healthy, or unhealthy
    int failures = 0;   // in a row, of the probe to blame
    GateReport probing; // `lost` is the probe to blame, `took` the time since it began to fail
};

class Watch {
  public:
    struct Callbacks {
        // What is deployed now, as a number that changes with each run of the spec; and whether none has been
        // under way since such a number was given. What fails meanwhile does not count.
        std::function<std::uint64_t()> mark;
        std::function<bool(std::uint64_t)> quiet_since;
        std::function<void(const WatchReport&)> progress; // after tries
        std::function<void(const WatchReport&)> turned;   // unhealthy, or healthy again
        std::function<void(const ProbeReport&)> warned;   // an optional probe fails
    };
    // `event` must outlive it. `healthy`: as WatchRule has it.
    Watch(const Event& event, const WatchLimits& limits, bool healthy, Probers probers, Callbacks callbacks);
    // Callbacks come from the loop, never from within the call; they may destroy the watch.
    void start();
    bool is_on_time(Duration longest_try) const;
    ~Watch();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace unitgate
