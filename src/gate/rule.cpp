// SPDX-License-Identifier: MIT
#include "gate/rule.hpp"

#include <algorithm>

namespace unitgate {

GateRule::GateRule(const RuleLimits& limits) : limits_(limits), tracks_(limits.probes) {}

GateRule::Actions GateRule::start(Instant now) {
    started_ = now;
    for (Track& track : tracks_)
        track.next = now;
    return act(now);
}

GateRule::Actions GateRule::on_result(std::size_t probe, const TryResult& result, Instant now) {
    Track& track = tracks_.at(probe);
    if (verdict_ != Verdict::open || !track.in_flight) return act(now);
    track.in_flight = false;
    if (result.passed()) {
        if (track.in_a_row == 0) {
            track.first_pass = now;
            track.slowest = Duration(0);
        }
        // `passes` is at most 1000; counting on past it would only serve to overflow.
        track.in_a_row = std::min(track.in_a_row + 1, limits_.passes);
        track.failed_for = Cause::none;
        track.last_pass = now;
        track.slowest = std::max(track.slowest, result.took);
        track.next = now + limits_.interval;
    } else {
        track.in_a_row = 0;
        // Several probes that fail share what one may spend.
        auto failing =
            std::count_if(tracks_.begin(), tracks_.end(), [](const Track& t) { return t.in_a_row == 0; });
        // Of two failures of one kind the cheaper tells the price: the other met a busy machine or a cold
        // cache.
        Duration cost = track.failed_for == result.cause ? std::min(track.cost, result.cost) : result.cost;
        track.failed_for = result.cause;
        track.cost = result.cost;
        auto waited = std::chrono::duration_cast<Duration>(now - started_);
        track.next = now + (result.told ? limits_.interval
                                        : pause_after_failure(waited, cost * failing, limits_.interval));
    }
    return act(now);
}

GateRule::Actions GateRule::on_time(Instant now) {
    return act(now);
}

GateRule::Actions GateRule::on_change(std::size_t probe, Instant now) {
    tracks_.at(probe).next = now;
    return act(now);
}

std::size_t GateRule::tries(std::size_t probe) const {
    return tracks_.at(probe).tries;
}

bool GateRule::in_flight(std::size_t probe) const {
    return tracks_.at(probe).in_flight;
}

Instant GateRule::deadline() const {
    return started_ + limits_.deadline;
}

// The moment from which on every probe has passed all its tries; nothing while one has not passed often
// enough.
std::optional<Instant> GateRule::passing_since() const {
    Instant since = started_;
    for (const Track& track : tracks_) {
        if (track.in_a_row < limits_.passes) return std::nullopt;
        since = std::max(since, track.first_pass);
    }
    return since;
}

// Whether this probe's passes prove that it has passed until `settled` and does so now. A pass is good for
// `interval` and the time that the next try may take: an app that hangs in that try has not passed.
bool GateRule::holds(const Track& track, Instant settled, Instant now) const {
    return track.last_pass >= settled && now <= track.last_pass + limits_.interval + track.slowest;
}

GateRule::Actions GateRule::act(Instant now) {
    Actions actions;
    if (verdict_ == Verdict::open && now >= deadline()) verdict_ = Verdict::failed;
    auto since = passing_since();
    // With a settle time the last word is a pass at its end, also where `interval` is longer than that.
    Instant settled = since ? *since + limits_.settle : Instant::max();
    if (verdict_ == Verdict::open && since &&
        std::all_of(tracks_.begin(), tracks_.end(), [&](const Track& t) { return holds(t, settled, now); }))
        verdict_ = Verdict::passed;
    actions.verdict = verdict_;
    if (verdict_ != Verdict::open) return actions;

    Instant wake = deadline();
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        Track& track = tracks_[i];
        if (track.in_flight) continue;
        Instant due = since && track.last_pass < settled ? std::min(track.next, settled) : track.next;
        if (due <= now) {
            track.in_flight = true;
            ++track.tries;
            actions.tries.push_back(i);
        } else {
            wake = std::min(wake, due);
        }
    }
    actions.wake = wake;
    return actions;
}

} // namespace unitgate
