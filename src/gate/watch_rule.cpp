// SPDX-License-Identifier: MIT
#include "gate/watch_rule.hpp"

#include <algorithm>
#include <utility>

namespace unitgate {

namespace {

constexpr Duration slack = std::chrono::seconds(5); // a busy machine is late, too

} // namespace

WatchRule::WatchRule(const WatchLimits& limits, bool healthy)
    : limits_(limits), ways_(limits.roles, limits.any), tracks_(limits.roles.size()), healthy_(healthy) {}

WatchRule::Actions WatchRule::start(Instant now) {
    for (Track& track : tracks_)
        track.next = now + limits_.interval;
    return act(now);
}

WatchRule::Actions WatchRule::on_result(std::size_t probe, const TryResult& result, Instant now,
                                        bool counts) {
    Track& track = tracks_.at(probe);
    if (!track.in_flight) return act(now);
    track.in_flight = false;
    track.next = std::max(track.began + limits_.interval, now);
    std::vector<std::size_t> warn_of;
    if (result.passed()) {
        track.failures = 0;
        track.passes = std::min(track.passes + 1, limits_.passes);
    } else {
        track.passes = 0;
        if (track.failures == 0) track.first_failure = now;
        int before =
            std::exchange(track.failures, counts ? std::min(track.failures + 1, limits_.failures) : 0);
        if (limits_.roles[probe] == ProbeRole::optional && before < limits_.failures &&
            track.failures == limits_.failures)
            warn_of.push_back(probe);
    }
    Actions actions = act(now);
    actions.warn_of = std::move(warn_of);
    return actions;
}

WatchRule::Actions WatchRule::on_time(Instant now) {
    return act(now);
}

WatchRule::Actions WatchRule::on_change(std::size_t probe, Instant now) {
    tracks_.at(probe).next = now;
    return act(now);
}

std::optional<WatchRule::Worst> WatchRule::worst() const {
    std::optional<Worst> worst;
    for (std::size_t i = 0; i < tracks_.size(); ++i)
        if (limits_.roles[i] != ProbeRole::optional && tracks_[i].failures > (worst ? worst->failures : 0))
            worst = {i, tracks_[i].failures, tracks_[i].first_failure};
    return worst;
}

bool WatchRule::is_on_time(Instant now, Duration longest_try) const {
    return std::all_of(tracks_.begin(), tracks_.end(), [&](const Track& track) {
        return now <= (track.in_flight ? track.began + longest_try : track.next) + slack;
    });
}

WatchRule::Actions WatchRule::act(Instant now) {
    Actions actions;
    const bool before = healthy_;
    if (healthy_)
        healthy_ =
            !ways_.each_has_one([&](std::size_t i) { return tracks_[i].failures >= limits_.failures; });
    else
        healthy_ = ways_.one_has_all([&](std::size_t i) { return tracks_[i].passes >= limits_.passes; });
    actions.turned = healthy_ != before;
    actions.wake = Instant::max();
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
        Track& track = tracks_[i];
        if (track.in_flight) continue;
        if (track.next <= now) {
            track.in_flight = true;
            track.began = now;
            actions.tries.push_back(i);
        } else {
            actions.wake = std::min(actions.wake, track.next);
        }
    }
    return actions;
}

} // namespace unitgate
