// SPDX-License-Identifier: MIT
#include "gate/rule.hpp"

#include <algorithm>

namespace unitgate {

GateRule::GateRule(const RuleLimits& limits)
    : limits_(limits), seed_(limits.jitter), ways_(limits.roles, limits.any), tracks_(limits.roles.size()) {}

GateRule::Actions GateRule::start(Instant now) {
    started_ = now;
    for (Track& track : tracks_)
        track.next = now;
    return act(now);
}

GateRule::Actions GateRule::start_once(Instant now, bool hear_all) {
    once_ = true;
    hear_all_ = hear_all;
    limits_.passes = 1;
    limits_.settle = Duration(0);
    limits_.give_up = 0;
    limits_.fail_fast = false;
    return start(now);
}

GateRule::Actions GateRule::on_result(std::size_t probe, const TryResult& result, Instant now) {
    Track& track = tracks_.at(probe);
    if (verdict_ != Verdict::open || !track.in_flight) return act(now);
    track.in_flight = false;
    track.answered = now;
    if (result.passed())
        take_pass(track, result, now);
    else
        take_failure(track, result, now);
    return act(now);
}

void GateRule::take_pass(Track& track, const TryResult& result, Instant now) {
    if (track.in_a_row == 0) {
        track.first_pass = now;
        track.slowest = Duration(0);
    }
    // `passes` is at most 1000; counting on past it would only serve to overflow.
    track.in_a_row = std::min(track.in_a_row + 1, limits_.passes);
    track.failures = 0;
    track.hopeless = false;
    track.failed_for = Cause::none;
    track.last_pass = now;
    track.slowest = std::max(track.slowest, result.took);
    track.next = now + limits_.interval;
}

void GateRule::take_failure(Track& track, const TryResult& result, Instant now) {
    track.in_a_row = 0;
    track.hopeless = result.hopeless;
    if (now >= grace_end()) {
        if (track.failures == 0) track.first_failure = now;
        track.failures = std::min(track.failures + 1, limits_.give_up);
    }
    // Several probes that fail share what one may spend.
    auto failing =
        std::count_if(tracks_.begin(), tracks_.end(), [](const Track& t) { return t.in_a_row == 0; });
    // Of two failures of one kind the cheaper tells the price: the other met a busy machine or a cold
    // cache.
    Duration cost = track.failed_for == result.cause ? std::min(track.cost, result.cost) : result.cost;
    track.failed_for = result.cause;
    track.cost = result.cost;
    auto waited = std::chrono::duration_cast<Duration>(now - started_);
    Duration pause = result.told ? limits_.interval
                                 : pause_after_failure(waited, cost * failing, limits_.interval, result.pace);
    track.next = now + (limits_.jitter != 0 ? jittered(pause, seed_) : pause);
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
    return once_ ? Instant::max() : started_ + limits_.deadline;
}

std::optional<std::size_t> GateRule::lost() const {
    return lost_;
}

// The moment from which on every probe of a way has passed all its tries; nothing while one has not passed
// often enough.
std::optional<Instant> GateRule::passing_since(const Way& way) const {
    Instant since = started_;
    for (std::size_t probe : way) {
        if (tracks_[probe].in_a_row < limits_.passes) return std::nullopt;
        since = std::max(since, tracks_[probe].first_pass);
    }
    return since;
}

// Whether this probe's passes prove that it has passed until `settled` and does so now. A pass is good for
// `interval` and the time that the next try may take: an app that hangs in that try has not passed. With a
// settle time the last word is a pass at its end, also where `interval` is longer than that.
bool GateRule::holds(const Track& track, Instant settled, Instant now) const {
    if (once_) return true;
    const bool proves = limits_.settle == Duration(0) || track.last_pass >= settled;
    return proves && now <= track.last_pass + limits_.interval + track.slowest;
}

bool GateRule::passes(const Way& way, Instant now) const {
    auto since = passing_since(way);
    return since && std::all_of(way.begin(), way.end(), [&](std::size_t probe) {
               return holds(tracks_[probe], *since + limits_.settle, now);
           });
}

// Tries follow each other within milliseconds: N of them say little. So it is N failures, and N - 1 intervals
// from the first of them to the last.
Instant GateRule::gives_up_at(const Track& track) const {
    if (limits_.give_up == 0 || track.failures < limits_.give_up) return Instant::max();
    return track.first_failure + (limits_.give_up - 1) * limits_.interval;
}

bool GateRule::optional_ones_are_done(Instant now) const {
    if (now >= *closing_ + optional_wait) return true;
    Instant since = once_ ? started_ : *closing_;
    for (std::size_t i = 0; i < tracks_.size(); ++i)
        if (is_optional(i) && tracks_[i].in_a_row == 0 && !tracks_[i].has_answered(since)) return false;
    return true;
}

bool GateRule::have_answered(bool also_optional) const {
    for (std::size_t i = 0; i < tracks_.size(); ++i)
        if (!tracks_[i].answered && (also_optional || !is_optional(i))) return false;
    return true;
}

void GateRule::judge(Instant now) {
    if (hear_all_ && !have_answered(true)) return;
    const bool over = now >= deadline();
    const bool passing =
        std::any_of(ways_.all().begin(), ways_.all().end(), [&](const Way& way) { return passes(way, now); });
    if (!passing)
        closing_.reset();
    else if (!closing_ && !over)
        closing_ = now;
    if (closing_ && (over || optional_ones_are_done(now))) {
        verdict_ = Verdict::passed;
        return;
    }
    if (over) {
        verdict_ = Verdict::failed;
        return;
    }
    auto lose = [&](Verdict verdict, auto is_lost) {
        if (!ways_.each_has_one(is_lost)) return;
        verdict_ = verdict;
        const Way& way = ways_.all().front();
        lost_ = *std::find_if(way.begin(), way.end(), is_lost);
    };
    if (limits_.fail_fast && now >= grace_end())
        lose(Verdict::hopeless,
             [&](std::size_t i) { return tracks_[i].hopeless && tracks_[i].has_answered(grace_end()); });
    if (verdict_ == Verdict::open)
        lose(Verdict::gave_up, [&](std::size_t i) { return now >= gives_up_at(tracks_[i]); });
    if (verdict_ == Verdict::open && once_ && !closing_ && have_answered(false)) verdict_ = Verdict::failed;
}

// When a probe without a try in flight is to be tried.
Instant GateRule::due(std::size_t probe) const {
    const Track& track = tracks_[probe];
    if (once_ && track.tries > 0) return Instant::max();
    Instant at = track.next;
    for (const Way& way : ways_.all()) {
        if (std::find(way.begin(), way.end(), probe) == way.end()) continue;
        auto since = passing_since(way);
        if (since && limits_.settle > Duration(0) && track.last_pass < *since + limits_.settle)
            at = std::min(at, *since + limits_.settle);
    }
    if (closing_ && is_optional(probe) && track.in_a_row == 0 && !track.has_answered(*closing_))
        at = std::min(at, *closing_);
    // What would have ended the gate but for the start period is looked at again when that is over.
    if (limits_.fail_fast && track.hopeless && !track.has_answered(grace_end()))
        at = std::min(at, grace_end());
    return at;
}

GateRule::Actions GateRule::act(Instant now) {
    Actions actions;
    if (verdict_ == Verdict::open) judge(now);
    actions.verdict = verdict_;
    if (verdict_ != Verdict::open) return actions;

    Instant wake = closing_ ? std::min(deadline(), *closing_ + optional_wait) : deadline();
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        Track& track = tracks_[i];
        if (Instant at = gives_up_at(track); at > now) wake = std::min(wake, at); // else another way is open
        if (track.in_flight) continue;
        Instant at = due(i);
        if (at <= now) {
            track.in_flight = true;
            ++track.tries;
            actions.tries.push_back(i);
        } else {
            wake = std::min(wake, at);
        }
    }
    actions.wake = wake;
    return actions;
}

} // namespace unitgate
