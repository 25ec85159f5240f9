// SPDX-License-Identifier: MIT
#include "gate/gate.hpp"

#include <algorithm>
#include <utility>

#include <sys/random.h>
#include <unistd.h>

namespace unitgate {

namespace {

constexpr Duration second = std::chrono::seconds(1);

TryLoop::Next next_of(GateRule::Actions actions, const GateRule& rule) {
    return {std::move(actions.tries), actions.wake.value_or(rule.deadline()),
            actions.verdict != GateRule::Verdict::open};
}

// Early in a boot the kernel may have no random bytes yet; any number that others have not will do.
std::uint32_t some_seed() {
    std::uint32_t seed = 0;
    if (::getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = static_cast<std::uint32_t>(::getpid());
    return std::max(seed, 1u);
}

} // namespace

const ProbeReport* GateReport::culprit() const {
    if (lost) return &probes[*lost];
    for (const ProbeReport& probe : probes)
        if (probe.role != ProbeRole::optional && probe.answered && !probe.last.passed()) return &probe;
    return nullptr;
}

// Every callback that leaves this object may destroy the Gate, so each is the last thing that its caller
// does; whoever calls holds a reference.
struct Gate::State : std::enable_shared_from_this<State> {
    const Event& event;
    Callbacks callbacks;
    Duration deadline;
    GateRule rule;
    GateRule::Verdict verdict = GateRule::Verdict::open;
    std::shared_ptr<TryLoop> tries;
    bool once = false, inspected = false;
    Instant started{};
    Source tick;

    State(const Event& event_, const RuleLimits& limits, Callbacks callbacks_)
        : event(event_), callbacks(std::move(callbacks_)), deadline(limits.deadline), rule(limits) {}

    TryLoop::Next take(GateRule::Actions actions) {
        verdict = actions.verdict;
        return next_of(std::move(actions), rule);
    }

    TryLoop::Rule asked_by_loop() {
        TryLoop::Rule asked;
        asked.eager = true;
        asked.on_result = [this](std::size_t probe, const TryResult& result, Instant now) {
            return take(rule.on_result(probe, result, now));
        };
        asked.on_time = [this](Instant now) { return take(rule.on_time(now)); };
        asked.on_change = [this](std::size_t probe, Instant now) { return take(rule.on_change(probe, now)); };
        asked.after = [this](bool news) {
            auto self = shared_from_this();
            if (verdict != GateRule::Verdict::open)
                end();
            else if (news && callbacks.progress)
                callbacks.progress(report(Clock::now()));
        };
        return asked;
    }

    void begin(bool only_once) {
        once = only_once;
        started = Clock::now();
        arm_tick(started + second);
        tries->begin(take(once ? rule.start_once(started, inspected) : rule.start(started)));
    }

    GateReport report(Instant now) const {
        GateReport report;
        report.passed = verdict == GateRule::Verdict::passed;
        report.verdict = verdict;
        report.probes = tries->reports();
        report.took = std::chrono::duration_cast<Duration>(now - started);
        report.left = std::max(deadline - report.took, Duration(0));
        report.lost = rule.lost();
        return report;
    }

    // A probe whose try hangs at the deadline has no failure of its own yet, but it is to blame.
    void blame_unfinished() {
        for (std::size_t i = 0; i < tries->reports().size(); ++i) {
            const ProbeReport& shown = tries->reports()[i];
            if (!rule.in_flight(i) || (shown.answered && !shown.last.passed())) continue;
            tries->set_last(i, failed_for(Cause::timeout, "no answer before the gate's deadline"));
        }
    }

    // A wait of minutes is told of less often: each word of it costs the manager too.
    void arm_tick(Instant at) {
        tick = needed(add_timer(
            event, at,
            [this, at] {
                auto self = shared_from_this();
                Instant now = Clock::now();
                arm_tick(std::max(at + std::max<Clock::duration>(second, (now - started) / 60), now));
                if (callbacks.progress) callbacks.progress(report(now));
            },
            std::chrono::milliseconds(10)));
    }

    // Gives the verdict. What a gate that has passed holds goes with the gate: its connections and the
    // kernel's watch take their time to close, and nobody who waits for the app should wait for that.
    void end() {
        if (verdict == GateRule::Verdict::failed && !once) blame_unfinished();
        tick.reset();
        if (verdict == GateRule::Verdict::passed)
            tries->halt();
        else
            tries->stop();
        if (callbacks.done) callbacks.done(report(Clock::now()));
    }

    void stop() {
        tick.reset();
        tries->stop();
    }
};

Gate::Gate(std::shared_ptr<State> state) : state_(std::move(state)) {}

Gate::~Gate() {
    state_->stop(); // the callbacks stay: one of them may be what runs
}

std::unique_ptr<Gate> Gate::with_probers(const Event& event, RuleLimits limits, Probers probers,
                                         Callbacks callbacks) {
    limits.roles = probers.roles;
    auto state = std::make_shared<State>(event, limits, std::move(callbacks));
    state->tries = TryLoop::create(event, std::move(probers), state->asked_by_loop());
    return std::unique_ptr<Gate>(new Gate(std::move(state)));
}

Result<std::unique_ptr<Gate>> Gate::create(const Event& event, const GateSection& section, Duration deadline,
                                           const Expansion& expansion, const Credentials& credentials,
                                           Callbacks callbacks, const StoppedServers& stopped,
                                           const BusTarget& manager) {
    auto probers = make_probers(event, section, expansion, credentials, stopped, manager);
    if (!probers) return tl::unexpected(probers.error());
    RuleLimits limits;
    limits.deadline = deadline;
    limits.interval = section.interval;
    limits.settle = section.settle;
    limits.passes = section.passes;
    limits.any = section.any;
    limits.start_period = section.start_period;
    limits.give_up = section.give_up;
    limits.fail_fast = section.fail_fast;
    limits.jitter = some_seed();
    return with_probers(event, std::move(limits), *std::move(probers), std::move(callbacks));
}

void Gate::start() {
    state_->begin(false);
}

void Gate::inspect() {
    state_->inspected = true;
    for (auto& prober : state_->tries->probers())
        prober->inspect();
}

void Gate::share_with(std::size_t gates) {
    state_->tries->share_with(gates);
}

void Gate::try_once() {
    state_->begin(true);
}

} // namespace unitgate
