// SPDX-License-Identifier: MIT
#include "app/run_watch.hpp"

#include <cerrno>
#include <csignal>
#include <utility>

#include "app/output.hpp"
#include "io/event.hpp"
#include "io/orphans.hpp"
#include "report/gate_facts.hpp"

namespace unitgate {

namespace {

std::string times(int count) {
    return count == 1 ? "once" : std::to_string(count) + " times in a row";
}

} // namespace

WatchdogTimer::WatchdogTimer(const Event& event, Report& report, std::function<bool()> gets_on)
    : event_(event), report_(report), gets_on_(std::move(gets_on)), period_(watchdog_period()) {
    if (period_ > Duration(0)) tick();
}

void WatchdogTimer::tick() {
    if (gets_on_()) report_.alive();
    timer_ = needed(add_timer(event_, Clock::now() + period_, [this] { tick(); }));
}

RunWatch::RunWatch(const SpecPath& where, std::string state_folder, Spec spec, Credentials credentials,
                   ReadyWords up, Report& report, RunIdentity identity)
    : where_(where), folder_(std::move(state_folder)), spec_(std::move(spec)),
      credentials_(std::move(credentials)), up_(std::move(up)), report_(report),
      identity_(std::move(identity)), activity_(folder_, spec_.name, spec_.app) {
    note_.invocation_id = identity_.invocation_id;
    note_.boot_id = identity_.boot_id;
    note_.since = now_rfc3339();
    note_.passed = now_rfc3339_usec();
}

Occurrence RunWatch::about(EventKind kind) const {
    Occurrence what;
    what.kind = kind;
    what.version = up_.version;
    return what;
}

// Not being able to write it is told, and is no reason to stop watching.
void RunWatch::save_note() {
    note_.app = spec_.app;
    note_.unit = spec_.unit.name;
    note_.version = up_.version;
    if (Status saved = save_watch_note(folder_, spec_.name, note_); !saved)
        report_.state_not_written(saved.error());
}

RunVerdict RunWatch::run() {
    save_note();
    RunVerdict verdict;
    verdict.code = RunExit::ready;
    while (spec_.watch) {
        Result<Stage> stage = watch(verdict);
        if (!stage)
            return broken("the app can't be watched: " + stage.error().message, RunExit::bad_configuration);
        switch (*stage) {
        case Stage::stopped:
            report_.status("stopped");
            return verdict;
        case Stage::failed:
            return {RunExit::unhealthy};
        case Stage::not_written:
            return {RunExit::not_written};
        case Stage::read_again:
            read_again();
            break;
        case Stage::redeploy:
            if (RunVerdict again = redeploy(); again.code != RunExit::ready || again.signal) return again;
            break;
        }
    }
    return verdict;
}

RunVerdict RunWatch::broken(const std::string& what, RunExit code) {
    Occurrence failed = about(EventKind::failed);
    failed.detail = what;
    report_.event(std::move(failed));
    report_.status("failed: " + what);
    return {code};
}

// One stretch of watching, in a loop of its own: until a signal, or until the app is unhealthy and more than
// an alert is wanted.
Result<RunWatch::Stage> RunWatch::watch(RunVerdict& verdict) {
    auto event = Event::create();
    if (!event) return tl::unexpected(event.error());
    auto expansion = make_expansion(spec_.version, up_.version);
    if (!expansion) return tl::unexpected(expansion.error());
    auto probers = make_probers(*event, spec_.gate, *expansion, credentials_);
    if (!probers) return tl::unexpected(probers.error());

    std::optional<Stage> end;
    auto finish = [&](Stage how) {
        end = how;
        event->exit();
    };
    WatchLimits limits;
    limits.interval = spec_.watch->interval;
    limits.failures = spec_.watch->failures;
    limits.passes = spec_.gate.passes;
    limits.any = spec_.gate.any;
    Watch::Callbacks callbacks;
    callbacks.mark = [this] { return activity_.mark(); };
    callbacks.quiet_since = [this](std::uint64_t mark) { return activity_.quiet_since(mark); };
    callbacks.progress = [this](const WatchReport& report) { show(report); };
    callbacks.warned = [this](const ProbeReport& probe) {
        Occurrence what = about(EventKind::optional_failed);
        describe_probe(what, probe);
        report_.event(std::move(what));
    };
    callbacks.turned = [&](const WatchReport& report) {
        if (report.healthy) {
            on_recovered();
            return show(report);
        }
        if (auto next = on_unhealthy(report)) finish(*next);
    };
    OrphanReaper reaper(*event);
    if (Status started = reaper.start(); !started) return tl::unexpected(started.error());
    Watch watch(*event, limits, healthy_, *std::move(probers), std::move(callbacks));
    std::vector<Source> signals;
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) {
        auto source = add_signal(*event, signal, [&, signal] {
            // Without a unit it is the terminal that has gone.
            const bool stops = signal != SIGHUP || !identity_.in_unit;
            if (stops) verdict.signal = signal;
            finish(stops ? Stage::stopped : Stage::read_again);
        });
        if (!source) return tl::unexpected(source.error());
        signals.push_back(*std::move(source));
    }
    watch.start();
    WatchdogTimer alive(*event, report_, [&] { return watch.is_on_time(spec_.gate.timeout); });
    auto looped = event->loop();
    if (!looped) return tl::unexpected(looped.error());
    return end.value_or(Stage::stopped);
}

// A reload under way tells its own status.
void RunWatch::show(const WatchReport& report) {
    if (!activity_.quiet_since(activity_.mark())) return;
    WatchReport shown = report;
    if (!healthy_) shown.since = std::chrono::duration_cast<Duration>(Clock::now() - unhealthy_since_);
    report_.status(ready_status(up_.version, up_.failed_version, up_.detail,
                                watch_status(shown, spec_.watch->failures)));
}

std::optional<RunWatch::Stage> RunWatch::on_unhealthy(const WatchReport& report) {
    using Action = WatchSection::Action;
    healthy_ = false;
    unhealthy_since_ = Clock::now();
    std::string detail = gate_detail(report.probing);
    detail = "active, and failed " + times(report.failures) + ": " + detail;
    Occurrence what = about(EventKind::unhealthy);
    describe_gate(what, report.probing);
    what.reason = Reason::unhealthy_while_active;
    what.detail = detail;
    report_.event(std::move(what));

    Alert alert;
    alert.app = spec_.app;
    alert.reason = Reason::unhealthy_while_active;
    alert.ts = format_timestamp(std::chrono::system_clock::now());
    alert.version = up_.version;
    alert.unit = spec_.unit.name;
    alert.detail = detail;
    alert.probe = alert_probe(report.probing);
    alert.invocation_id = identity_.invocation_id;
    alert.boot_id = identity_.boot_id;
    bool written = report_.alert(folder_, std::move(alert)).has_value();
    show(report);
    switch (spec_.watch->action) {
    case Action::alert:
        break;
    case Action::fail:
        report_.status(failed_status(Reason::unhealthy_while_active, detail));
        return written ? Stage::failed : Stage::not_written;
    case Action::redeploy:
        if (redeploys_.may_begin(Clock::now())) return Stage::redeploy;
        Occurrence no = about(EventKind::not_redeployed);
        no.detail = "it was " + std::to_string(Redeploys::most) + " times within " +
                    format_duration(Redeploys::within);
        report_.event(std::move(no));
    }
    return std::nullopt;
}

void RunWatch::on_recovered() {
    healthy_ = true;
    Occurrence what = about(EventKind::recovered);
    what.elapsed = std::chrono::duration_cast<Duration>(Clock::now() - unhealthy_since_);
    report_.event(std::move(what));
    note_.passed = now_rfc3339_usec();
    save_note();
}

// The steps of a run once more, while the unit stays active. Where a reload has the lock, that deploys.
RunVerdict RunWatch::redeploy() {
    RunVerdict go_on;
    go_on.code = RunExit::ready;
    auto lock = lock_run(folder_, spec_.name, spec_.app);
    if (!lock && lock.error().code == EWOULDBLOCK) return go_on;
    if (!lock) {
        report_.state_not_written(lock.error());
        return {RunExit::not_written};
    }
    report_.event(about(EventKind::redeploying));
    RunRecord record(folder_, spec_.name, spec_.app, spec_.unit.name, identity_, report_);
    if (!record.open(true)) return {RunExit::not_written};
    auto event = Event::create();
    const std::string attempt = "the app can't be deployed again: ";
    if (!event) return broken(attempt + event.error().message, RunExit::unhealthy);
    RunMode mode;
    mode.reload = mode.redeploy = true;
    RunShell shell(*event, where_, spec_, credentials_, report_, record, std::move(mode));
    WatchdogTimer alive(*event, report_, [&] { return shell.is_on_time(); });
    auto verdict = shell.run();
    if (!verdict) return broken(attempt + verdict.error().message, RunExit::unhealthy);
    if (verdict->code != RunExit::ready || verdict->signal) return *verdict;
    up_ = verdict->up;
    on_recovered();
    return go_on;
}

// What keeps the app from being watched by this spec; nothing where it can be.
Status RunWatch::can_watch(const Spec& spec, const Credentials& credentials) const {
    auto event = Event::create();
    if (!event) return tl::unexpected(event.error());
    auto probers = make_probers(*event, spec.gate, {"0", "0"}, credentials);
    if (!probers) return tl::unexpected(probers.error());
    return {};
}

// SIGHUP: what a reload has deployed, and what the spec says now. A spec that is bad changes nothing.
void RunWatch::read_again() {
    if (Status sent = report_.reloading(); !sent) report_.status(sent.error().message);
    Occurrence what = about(EventKind::spec_read_again);
    LoadedSpecs loaded = load_spec(where_, spec_.name);
    const Spec* spec = loaded.find(spec_.name);
    Result<Credentials> credentials = spec ? read_credentials(*spec) : Credentials();
    if (!spec) {
        what.detail = "it can't be used, so the watch goes by the one before";
        const std::string text = format_diagnostics(loaded.diagnostics, SourceLines::left_out);
        if (!report_.lines(text)) print_to_stderr(text);
    } else if (!credentials) {
        what.detail = credentials.error().message + ", so the watch goes by the spec before";
    } else if (Status can = can_watch(*spec, *credentials); !can) {
        what.detail = can.error().message + ", so the watch goes by the spec before";
    } else {
        spec_ = *spec;
        credentials_ = *std::move(credentials);
        report_.set_app(spec_.app);
        report_.redactor().hide_secrets_of(spec_, credentials_);
        activity_ = Activity(folder_, spec_.name, spec_.app);
        if (!spec_.watch) what.detail = "it has no [watch] any more, so the watch ends";
    }
    if (auto state = StateStore(folder_, spec_.name).load()) take_up(*state);
    what.version = up_.version;
    report_.event(std::move(what));
    save_note();
    if (Status sent = report_.ready(ready_status(up_.version, up_.failed_version, up_.detail)); !sent)
        report_.status(sent.error().message);
}

// What is up, as the run that a reload was has left it.
void RunWatch::take_up(const AppState& state) {
    if (!state.last_good || state.under_way) return;
    up_ = {state.last_good->version, "", ""};
    // A hold that is older than the last pass of the wanted version is about another version than is wanted.
    if (state.held &&
        (!state.wanted_passed || state.held->since.substr(0, 19) >= state.wanted_passed->at.substr(0, 19)))
        up_.failed_version = state.held->release.version;
}

} // namespace unitgate
