// SPDX-License-Identifier: MIT
// The gate's rule as a pure state machine: (event, now) -> actions. It knows no clock, socket or probe kind.
// All probes run side by side, each with at most one try in flight; the gate has passed once every probe that
// has to (gate/roles) has passed `passes` times in a row, all of them recently, and has kept passing for
// `settle` since. Called by gate/gate, the shell that owns clock and probes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "gate/result.hpp"
#include "gate/roles.hpp"

namespace unitgate {

struct RuleLimits {
    Duration deadline, interval, settle;
    int passes = 1;
    std::vector<ProbeRole> roles; // of the probes
    bool any = false;
    Duration start_period{0}; // before its end no failure ends the gate
    int give_up = 0;          // 0: only the deadline does
    bool fail_fast = false;   // a hopeless try does
    std::uint32_t jitter = 0; // seed, see jittered(); 0: pauses are exact
};

// When all that has to pass does, an optional probe that does not gets one more try, and this long at most.
inline constexpr Duration optional_wait = std::chrono::seconds(1);

// The pause after a failed try: short while little time has passed and tries are cheap, never over
// `interval`. `waited` since the gate began, `cost` CPU time of the try. Successive passes are spaced by
// `interval`.
Duration pause_after_failure(Duration waited, Duration cost, Duration interval, Pace pace = Pace::plain);

// A pause of 100 ms and more, shortened by up to a fifth, so that many gates which began to wait at one
// moment do not all ask at one moment for ever. `seed` is not 0 and becomes another for the next pause.
Duration jittered(Duration pause, std::uint32_t& seed);

class GateRule {
  public:
    enum class Verdict {
        open,
        passed,
        failed,   // at the deadline; of one try each: not passed
        gave_up,  // too many failures in a row
        hopeless, // a try showed that no waiting helps
    };
    struct Actions {
        std::vector<std::size_t> tries;  // probes to try now
        std::optional<Instant> wake;     // call on_time() at this moment, unless an event comes first
        Verdict verdict = Verdict::open; // once not open, it stays and nothing more is asked for
    };

    explicit GateRule(const RuleLimits& limits);
    Actions start(Instant now);
    // One try of each probe instead. It passes when they suffice, and fails once all that have to pass have
    // answered; with `hear_all` neither before every probe has. No deadline, `passes` or `settle` holds.
    Actions start_once(Instant now, bool hear_all = false);
    // A result of a probe without a try in flight, or after the verdict, changes nothing.
    Actions on_result(std::size_t probe, const TryResult& result, Instant now);
    Actions on_time(Instant now);
    // A prober says that a try would come to another result than the last one: it is tried now.
    Actions on_change(std::size_t probe, Instant now);

    std::size_t tries(std::size_t probe) const; // begun, the one in flight included
    bool in_flight(std::size_t probe) const;
    Instant deadline() const;                // of no meaning before start()
    std::optional<std::size_t> lost() const; // the probe that it gave up for, or that was hopeless

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
        std::optional<Instant> answered; // when the last try ended
        Instant first_failure{};         // these three are of the run of failures under way
        int failures = 0;                // those that count
        bool hopeless = false;
        bool has_answered(Instant since) const { return answered && *answered >= since; }
    };
    using Way = std::vector<std::size_t>;
    void take_pass(Track& track, const TryResult& result, Instant now);
    void take_failure(Track& track, const TryResult& result, Instant now);
    Actions act(Instant now);
    void judge(Instant now);
    std::optional<Instant> passing_since(const Way& way) const;
    bool passes(const Way& way, Instant now) const;
    bool holds(const Track& track, Instant settled, Instant now) const;
    Instant gives_up_at(const Track& track) const;
    bool is_optional(std::size_t probe) const { return limits_.roles[probe] == ProbeRole::optional; }
    bool optional_ones_are_done(Instant now) const;
    bool have_answered(bool also_optional) const;
    Instant due(std::size_t probe) const;
    Instant grace_end() const { return started_ + limits_.start_period; }

    RuleLimits limits_;
    std::uint32_t seed_; // of the next jitter
    Ways ways_;
    bool once_ = false, hear_all_ = false;
    Instant started_{};
    std::vector<Track> tracks_;
    std::optional<Instant> closing_; // all that have to pass do, since then without a break
    std::optional<std::size_t> lost_;
    Verdict verdict_ = Verdict::open;
};

} // namespace unitgate
