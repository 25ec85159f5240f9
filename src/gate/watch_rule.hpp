// SPDX-License-Identifier: MIT
// When an active app counts as unhealthy, and when as healthy again, as a pure state machine: (event, now) ->
// actions. Each probe is tried each `interval`, counted from the start of its last try. The app is unhealthy
// once no way of passing (gate/roles) is left whose probes have all failed less than `failures` times in a
// row. Called by gate/watch, the shell that owns clock and probes.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "gate/result.hpp"
#include "gate/roles.hpp"

namespace unitgate {

struct WatchLimits {
    Duration interval;
    int failures = 3;             // in a row
    int passes = 1;               // in a row, until an unhealthy app is healthy again
    std::vector<ProbeRole> roles; // of the probes
    bool any = false;
};

class WatchRule {
  public:
    struct Actions {
        std::vector<std::size_t> tries;   // probes to try now
        Instant wake{};                   // call on_time() at this moment, unless an event comes first
        bool turned = false;              // is_healthy() is another than before
        std::vector<std::size_t> warn_of; // optional probes that have just failed `failures` times in a row
    };

    // `healthy`: as it was left by a watch before this one.
    WatchRule(const WatchLimits& limits, bool healthy);
    // The gate has just passed: the first tries come after an interval.
    Actions start(Instant now);
    // A failure that does not count, as one during a deploy, starts the probe's count anew. A result of a
    // probe without a try in flight changes nothing.
    Actions on_result(std::size_t probe, const TryResult& result, Instant now, bool counts = true);
    Actions on_time(Instant now);
    // A prober says that a try would come to another result than the last one: it is tried now.
    Actions on_change(std::size_t probe, Instant now);

    bool is_healthy() const { return healthy_; }
    struct Worst {
        std::size_t probe;
        int failures; // in a row, at most `failures` of the limits
        Instant since;
    };
    // The probe that has failed most often in a row of those that count; none where no one fails.
    std::optional<Worst> worst() const;
    // Tries begin when they are due and end within `longest_try`: this loop does its work.
    bool is_on_time(Instant now, Duration longest_try) const;

  private:
    struct Track {
        bool in_flight = false;
        Instant began{}, next{};
        Instant first_failure{};
        int failures = 0, passes = 0; // in a row
    };
    Actions act(Instant now);

    WatchLimits limits_;
    Ways ways_;
    std::vector<Track> tracks_;
    bool healthy_;
};

} // namespace unitgate
