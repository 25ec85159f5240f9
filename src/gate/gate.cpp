// SPDX-License-Identifier: MIT
#include "gate/gate.hpp"

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "gate/connecting.hpp"
#include "gate/stopped_probe.hpp"

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
    Source wake, tick, soon;
    std::vector<std::size_t> due; // to be tried at the loop's next turn

    State(const Event& event_, const RuleLimits& limits, Callbacks callbacks_)
        : event(event_), callbacks(std::move(callbacks_)), deadline(limits.deadline), rule(limits) {}

    void begin() {
        started = Clock::now();
        spent = cpu_time();
        report.left = deadline;
    }

    std::optional<TryResult> try_probe(std::size_t probe) {
        report.probes[probe].tries++;
        return probers[probe]->start([weak = weak_from_this(), probe](TryResult result) {
            if (auto self = weak.lock(); self && !self->over) self->on_late_result(probe, std::move(result));
        });
    }

    // Notes what a try came to; says whether that is news. The CPU time since the last try of any probe ended
    // counts as this try's: the loop's own work is in it.
    bool take(std::size_t probe, TryResult result) {
        Duration cpu = cpu_time();
        result.cost = std::max(result.cost, cpu - std::exchange(spent, cpu));
        ProbeReport& shown = report.probes[probe];
        bool news = !shown.answered || shown.last.cause != result.cause || shown.last.status != result.status;
        shown.last = std::move(result);
        shown.answered = true;
        return news;
    }

    void on_late_result(std::size_t probe, TryResult result) {
        bool news = take(probe, std::move(result));
        if (once) return end_if_all_answered(1);
        carry_out(rule.on_result(probe, report.probes[probe].last, Clock::now()), news);
    }

    // Only ever called from the loop. `news`: something to show has changed.
    void carry_out(GateRule::Actions actions, bool news) {
        std::vector<std::size_t> tries = std::move(actions.tries);
        for (std::size_t probe : tries) {
            auto result = try_probe(probe);
            if (!result) continue;
            news |= take(probe, *std::move(result));
            actions = rule.on_result(probe, report.probes[probe].last, Clock::now());
            if (actions.verdict != GateRule::Verdict::open) break;
            due.insert(due.end(), actions.tries.begin(), actions.tries.end());
        }
        if (actions.verdict != GateRule::Verdict::open)
            return end(actions.verdict == GateRule::Verdict::passed);
        if (!due.empty()) // already: the loop must get its turn between two tries
            soon = needed(add_defer(event, [this] { go_on(); }));
        arm_wake(actions.wake.value_or(rule.deadline()));
        if (news) show_progress(Clock::now());
    }

    void go_on() {
        auto self = shared_from_this();
        auto actions = rule.on_time(Clock::now());
        actions.tries.insert(actions.tries.end(), due.begin(), due.end());
        due.clear();
        carry_out(std::move(actions), false);
    }

    // At the loop's next turn: the prober may be in the middle of something.
    void on_change(std::size_t probe) {
        if (once) return;
        auto tries = rule.on_change(probe, Clock::now()).tries;
        due.insert(due.end(), tries.begin(), tries.end());
        soon = needed(add_defer(event, [this] { go_on(); }));
    }

    void arm_wake(Instant at) {
        if (at == wake_at) return;
        wake_at = at;
        if (!wake)
            wake = needed(add_timer(event, at, [this] {
                wake_at.reset();
                go_on();
            }));
        else if (auto set = set_timer(wake, at); !set)
            throw std::runtime_error(set.error().message);
    }

    void begin_once() {
        auto self = shared_from_this();
        std::size_t at_once = 0;
        for (std::size_t i = 0; i < probers.size(); ++i)
            if (auto result = try_probe(i)) {
                take(i, *std::move(result));
                ++at_once;
            }
        end_if_all_answered(at_once);
    }

    void end_if_all_answered(std::size_t more) {
        unanswered -= more;
        if (unanswered > 0) return show_progress(Clock::now());
        end(std::all_of(report.probes.begin(), report.probes.end(),
                        [](const ProbeReport& p) { return p.last.passed(); }));
    }

    // A probe whose try hangs at the deadline has no failure of its own yet, but it is to blame.
    void blame_unfinished() {
        for (std::size_t i = 0; i < probers.size(); ++i) {
            ProbeReport& shown = report.probes[i];
            if (!rule.in_flight(i) || (shown.answered && !shown.last.passed())) continue;
            shown.last = failed_for(Cause::timeout, "no answer before the gate's deadline");
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
        if (!passed && !once) blame_unfinished();
        stop();
        measure(Clock::now());
        report.passed = passed;
        if (callbacks.done) callbacks.done(report);
    }

    void stop() {
        over = true;
        wake.reset();
        tick.reset();
        soon.reset();
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
    for (std::size_t i = 0; i < state->probers.size(); ++i)
        state->probers[i]->on_change([weak = std::weak_ptr(state), i] {
            if (auto self = weak.lock(); self && !self->over) self->on_change(i);
        });
    return std::unique_ptr<Gate>(new Gate(std::move(state)));
}

Result<std::unique_ptr<Gate>> Gate::create(const Event& event, const GateSection& section, Duration deadline,
                                           const Expansion& expansion, const Credentials& credentials,
                                           Callbacks callbacks, const StoppedServers& stopped) {
    std::vector<std::string> names;
    std::vector<std::unique_ptr<Prober>> probers;
    auto units = std::make_shared<UnitWatch>(event);
    for (const Probe& probe : section.probes) {
        auto prober = make_prober(event, probe, section.timeout, expansion, credentials, units);
        if (!prober) return fail_with("cannot use probe '" + probe.name + "'", prober.error());
        names.push_back(probe.name);
        if (auto server = stopped.find(probe.name); server != stopped.end())
            prober = make_stopped_prober((*prober)->target(), server->second);
        probers.push_back(*std::move(prober));
    }
    RuleLimits limits{deadline, section.interval, section.settle, section.passes, probers.size()};
    return with_probers(event, limits, std::move(names), std::move(probers), std::move(callbacks));
}

void Gate::start() {
    State& state = *state_;
    state.begin();
    state.arm_tick(state.started + second);
    state.due = state.rule.start(state.started).tries;
    state.soon = needed(add_defer(state.event, [&state] { state.go_on(); }));
}

void Gate::inspect() {
    for (auto& prober : state_->probers)
        prober->inspect();
}

void Gate::try_once() {
    State& state = *state_;
    state.begin();
    state.once = true;
    state.unanswered = state.probers.size();
    state.arm_tick(state.started + second);
    state.soon = needed(add_defer(state.event, [&state] { state.begin_once(); }));
}

} // namespace unitgate
