// SPDX-License-Identifier: MIT
#include "gate/watch.hpp"

#include <utility>

namespace unitgate {

namespace {

WatchLimits with_roles(WatchLimits limits, const Probers& probers) {
    limits.roles = probers.roles;
    return limits;
}

} // namespace

struct Watch::State : std::enable_shared_from_this<State> {
    Callbacks callbacks;
    WatchRule rule;
    std::shared_ptr<TryLoop> tries;
    std::vector<std::uint64_t> marks; // of the last try of each probe
    Instant turned_at = Clock::now();
    bool turned = false;   // since the last word
    bool answered = false; // the same
    Instant told_at{};
    std::vector<std::size_t> warn_of; // the same

    State(const WatchLimits& limits, bool healthy, Callbacks callbacks_)
        : callbacks(std::move(callbacks_)), rule(limits, healthy), marks(limits.roles.size()) {}

    TryLoop::Next take(WatchRule::Actions actions, Instant now) {
        if (actions.turned) {
            turned = !turned;
            turned_at = now;
        }
        warn_of.insert(warn_of.end(), actions.warn_of.begin(), actions.warn_of.end());
        for (std::size_t probe : actions.tries)
            marks[probe] = callbacks.mark();
        return {std::move(actions.tries), actions.wake, false};
    }

    TryLoop::Rule asked_by_loop() {
        TryLoop::Rule asked;
        asked.on_result = [this](std::size_t probe, const TryResult& result, Instant now) {
            answered = true;
            bool counts = result.passed() || callbacks.quiet_since(marks[probe]);
            return take(rule.on_result(probe, result, now, counts), now);
        };
        asked.on_time = [this](Instant now) { return take(rule.on_time(now), now); };
        asked.on_change = [this](std::size_t probe, Instant now) {
            return take(rule.on_change(probe, now), now);
        };
        asked.after = [this](bool news) { tell(news); };
        return asked;
    }

    // What is said of the same success again and again is in seconds. The last callback may destroy the
    // watch.
    void tell(bool news) {
        auto self = shared_from_this();
        for (std::size_t probe : std::exchange(warn_of, {}))
            callbacks.warned(tries->reports()[probe]);
        const Instant now = Clock::now();
        const bool due = news || rule.worst() || now - told_at >= std::chrono::seconds(1);
        if (!turned && !(std::exchange(answered, false) && due)) return;
        told_at = now;
        WatchReport said = report(now);
        if (std::exchange(turned, false))
            callbacks.turned(said);
        else
            callbacks.progress(said);
    }

    WatchReport report(Instant now) const {
        WatchReport report;
        report.healthy = rule.is_healthy();
        report.since = std::chrono::duration_cast<Duration>(now - turned_at);
        report.probing.passed = report.healthy;
        report.probing.probes = tries->reports();
        if (auto worst = rule.worst()) {
            report.failures = worst->failures;
            report.probing.lost = worst->probe;
            report.probing.probes[worst->probe].tries = static_cast<std::size_t>(worst->failures);
            report.probing.took = std::chrono::duration_cast<Duration>(now - worst->since);
        }
        return report;
    }
};

Watch::Watch(const Event& event, const WatchLimits& limits, bool healthy, Probers probers,
             Callbacks callbacks)
    : state_(std::make_shared<State>(with_roles(limits, probers), healthy, std::move(callbacks))) {
    state_->tries = TryLoop::create(event, std::move(probers), state_->asked_by_loop());
}

Watch::~Watch() {
    state_->tries->stop();
}

void Watch::start() {
    Instant now = Clock::now();
    state_->tries->begin(state_->take(state_->rule.start(now), now));
}

bool Watch::is_on_time(Duration longest_try) const {
    return state_->rule.is_on_time(Clock::now(), longest_try);
}

} // namespace unitgate
