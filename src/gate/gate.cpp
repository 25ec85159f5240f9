// SPDX-License-Identifier: MIT
#include "gate/gate.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "gate/connecting.hpp"

namespace unitgate {

namespace {

constexpr Duration second = std::chrono::seconds(1);

// CPU time of the whole process: resolver threads of libcurl are part of what a try costs.
Duration cpu_time() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                                std::chrono::nanoseconds(now.tv_nsec));
}

} // namespace

const ProbeReport* GateReport::culprit() const {
    for (const ProbeReport& probe : probes)
        if (probe.answered && !probe.last.passed()) return &probe;
    return nullptr;
}

// Every callback that leaves this object may destroy the Gate, so each is the last thing that its caller
// does, or is followed by a look at `over`; whoever calls holds a reference.
struct Gate::State : std::enable_shared_from_this<State> {
    const Event& event;
    Callbacks callbacks;
    Duration deadline;
    GateRule rule;
    std::vector<std::unique_ptr<Prober>> probers;
    GateReport report;
    bool once = false;
    bool over = false;
    std::size_t unanswered = 0; // of try_once()
    Instant started{};
    Duration spent{0}; // cpu_time() when the last try ended
    std::optional<Instant> wake_at;
    Source wake, tick, finish;

    State(const Event& event_, const RuleLimits& limits, Callbacks callbacks_)
        : event(event_), callbacks(std::move(callbacks_)), deadline(limits.deadline), rule(limits) {}

    void begin() {
        started = Clock::now();
        spent = cpu_time();
        report.left = deadline;
    }

    void try_probe(std::size_t probe) {
        report.probes[probe].tries++;
        probers[probe]->start([weak = weak_from_this(), probe](TryResult result) {
            if (auto self = weak.lock(); self && !self->over) self->on_result(probe, std::move(result));
        });
    }

    // The CPU time since the last try of any probe ended counts as this try's: the loop's own work is in it.
    void on_result(std::size_t probe, TryResult result) {
        Instant now = Clock::now();
        Duration cpu = cpu_time();
        result.cost = std::max(result.cost, cpu - std::exchange(spent, cpu));
        ProbeReport& shown = report.probes[probe];
        bool changed =
            !shown.answered || shown.last.cause != result.cause || shown.last.status != result.status;
        shown.last = std::move(result);
        shown.answered = true;
        if (once) {
            if (--unanswered > 0) return show_progress(now);
            return end(std::all_of(report.probes.begin(), report.probes.end(),
                                   [](const ProbeReport& p) { return p.last.passed(); }));
        }
        auto actions = rule.on_result(probe, shown.last, now);
        carry_out(actions, now);
        if (actions.verdict == GateRule::Verdict::open && changed) show_progress(now);
    }

    void carry_out(const GateRule::Actions& actions, Instant now) {
        if (actions.verdict != GateRule::Verdict::open) {
            bool passed = actions.verdict == GateRule::Verdict::passed;
            if (!passed) blame_unfinished();
            return end(passed);
        }
        for (std::size_t probe : actions.tries)
            try_probe(probe);
        if (actions.wake == wake_at) return;
        wake_at = actions.wake;
        wake = needed(add_timer(event, wake_at.value_or(now), [this] {
            wake_at.reset();
            on_time();
        }));
    }

    void on_time() {
        auto self = shared_from_this();
        Instant now = Clock::now();
        carry_out(rule.on_time(now), now);
    }

    // A probe whose try hangs at the deadline has no failure of its own yet, but it is to blame.
    void blame_unfinished() {
        for (std::size_t i = 0; i < probers.size(); ++i) {
            ProbeReport& shown = report.probes[i];
            if (!rule.in_flight(i) || (shown.answered && !shown.last.passed())) continue;
            shown.last = TryResult{Cause::timeout, 0, "no answer before the gate's deadline", {}, {}};
            shown.answered = true;
        }
    }

    void measure(Instant now) {
        report.took = std::chrono::duration_cast<Duration>(now - started);
        report.left = std::max(deadline - report.took, Duration(0));
    }

    void show_progress(Instant now) {
        measure(now);
        if (callbacks.progress) callbacks.progress(report);
    }

    void arm_tick(Instant at) {
        tick = needed(add_timer(
            event, at,
            [this, at] {
                auto self = shared_from_this();
                Instant now = Clock::now();
                arm_tick(std::max(at + second, now));
                show_progress(now);
            },
            std::chrono::milliseconds(10)));
    }

    // Abandons what is in flight and gives the verdict.
    void end(bool passed) {
        auto self = shared_from_this();
        stop();
        measure(Clock::now());
        report.passed = passed;
        if (callbacks.done) callbacks.done(report);
    }

    void stop() {
        over = true;
        wake.reset();
        tick.reset();
        finish.reset();
        probers.clear();
    }
};

Gate::Gate(std::shared_ptr<State> state) : state_(std::move(state)) {}

Gate::~Gate() {
    state_->stop(); // the callbacks stay: one of them may be what runs
}

std::unique_ptr<Gate> Gate::with_probers(const Event& event, const RuleLimits& limits,
                                         std::vector<std::string> names,
                                         std::vector<std::unique_ptr<Prober>> probers, Callbacks callbacks) {
    RuleLimits exact = limits;
    exact.probes = probers.size();
    auto state = std::make_shared<State>(event, exact, std::move(callbacks));
    for (std::size_t i = 0; i < probers.size(); ++i)
        state->report.probes.push_back({names.at(i), probers[i]->target(), {}, false, 0});
    state->probers = std::move(probers);
    return std::unique_ptr<Gate>(new Gate(std::move(state)));
}

Result<std::unique_ptr<Gate>> Gate::create(const Event& event, const GateSection& section, Duration deadline,
                                           const Expansion& expansion, const Credentials& credentials,
                                           Callbacks callbacks) {
    std::vector<std::string> names;
    std::vector<std::unique_ptr<Prober>> probers;
    for (const Probe& probe : section.probes) {
        auto prober = make_prober(event, probe, section.timeout, expansion, credentials);
        if (!prober) return fail_with("cannot use probe '" + probe.name + "'", prober.error());
        names.push_back(probe.name);
        probers.push_back(*std::move(prober));
    }
    RuleLimits limits{deadline, section.interval, section.settle, section.passes, probers.size()};
    return with_probers(event, limits, std::move(names), std::move(probers), std::move(callbacks));
}

void Gate::start() {
    State& state = *state_;
    state.begin();
    auto actions = state.rule.start(state.started);
    if (actions.verdict == GateRule::Verdict::open) {
        state.arm_tick(state.started + second);
        state.carry_out(actions, state.started);
    } else {
        bool passed = actions.verdict == GateRule::Verdict::passed; // a gate without probes
        state.finish = needed(add_defer(state.event, [&state, passed] { state.end(passed); }));
    }
}

void Gate::try_once() {
    State& state = *state_;
    state.begin();
    state.once = true;
    state.unanswered = state.probers.size();
    if (state.unanswered == 0) state.finish = needed(add_defer(state.event, [&state] { state.end(true); }));
    state.arm_tick(state.started + second);
    for (std::size_t i = 0; i < state.probers.size(); ++i)
        state.try_probe(i);
}

} // namespace unitgate
