// SPDX-License-Identifier: MIT
// The gate's rule as a pure state machine: (event, now) -> actions. It knows no clock, socket or probe kind.
// All probes run side by side, each with at most one try in flight; the gate has passed once every probe has
// passed `passes` times in a row, all of them recently, and has kept passing for `settle` since.
// Called by gate/gate, the shell that owns clock and probes.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "gate/result.hpp"

namespace unitgate {

struct RuleLimits {
    Duration deadline, interval, settle;
    int passes = 1;
    std::size_t probes = 1;
};

// The pause after a failed try: short while little time has passed and tries are cheap, never over
// `interval`. `waited` since the gate began, `cost` CPU time of the try. Successive passes are spaced by
// `interval`.
Duration pause_after_failure(Duration waited, Duration cost, Duration interval);

class GateRule {
  public:
    enum class Verdict { open, passed, failed };
    struct Actions {
        std::vector<std::size_t> tries;  // probes to try now
        std::optional<Instant> wake;     // call on_time() at this moment, unless an event comes first
        Verdict verdict = Verdict::open; // once not open, it stays and nothing more is asked for
    };

    explicit GateRule(const RuleLimits& limits);
    Actions start(Instant now);
    // A result of a probe without a try in flight, or after the verdict, changes nothing.
    Actions on_result(std::size_t probe, const TryResult& result, Instant now);
    Actions on_time(Instant now);
    // A prober says that a try would come to another result than the last one: it is tried now.
    Actions on_change(std::size_t probe, Instant now);

    std::size_t tries(std::size_t probe) const; // begun, the one in flight included
    bool in_flight(std::size_t probe) const;
    Instant deadline() const; // of no meaning before start()

  private:
    struct Track {
        bool in_flight = false;
        Instant next{};      // when to try again, while not in flight
        Instant last_pass{}; // these three are of the run of passes under way
        Instant first_pass{};
        Duration slowest{0};
        Cause failed_for = Cause::none; // the last try, and what it cost
        Duration cost{0};
        int in_a_row = 0;
        std::size_t tries = 0;
    };
    Actions act(Instant now);
    std::optional<Instant> passing_since() const;
    bool holds(const Track& track, Instant settled, Instant now) const;

    RuleLimits limits_;
    Instant started_{};
    std::vector<Track> tracks_;
    Verdict verdict_ = Verdict::open;
};

} // namespace unitgate
