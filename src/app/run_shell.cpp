// SPDX-License-Identifier: MIT
#include "app/run_shell.hpp"

#include <csignal>
#include <utility>

#include "base/overloaded.hpp"
#include "deploy/command.hpp"
#include "io/environment.hpp"
#include "io/ids.hpp"
#include "report/gate_facts.hpp"

namespace unitgate {

namespace {

constexpr std::size_t most_of_a_crowd = 200;             // more than so many waiting gates are not counted
constexpr Duration stop_grace = std::chrono::seconds(5); // a deploy command's, when the run is stopped

StepsConfig steps_config(const Spec& spec, const RunRecord& record, const RunMode& mode) {
    const AppState& state = record.state();
    StepsConfig config;
    config.fingerprint = spec.deploy.fingerprint;
    config.always_deploy = spec.deploy.when == Deploy::When::always || mode.rehearsed || mode.redeploy;
    config.rollback = spec.rollback.enabled;
    config.reload = mode.reload;
    // Two fsync(2) that a healthy app's start can do without. A version command may run for long, and what is
    // no start of the spec's own unit (a reload, a run by hand) has nobody else to tell that it was killed.
    config.note_at_once = spec.version.kind == VersionSource::Kind::command || mode.reload || mode.redeploy ||
                          state.under_way || own_unit() != spec.unit.name;
    config.last_good = state.last_good;
    if (state.held) config.held = state.held->release;
    return config;
}

bool is_state_write(const step::Action& action) {
    return std::holds_alternative<step::NoteUnderWay>(action) || std::holds_alternative<step::Hold>(action) ||
           std::holds_alternative<step::RecordLastGood>(action) ||
           std::holds_alternative<step::RecordPass>(action) ||
           std::holds_alternative<step::ClearNote>(action);
}

} // namespace

RunShell::RunShell(Event& event, const SpecPath& where, const Spec& spec, const Credentials& credentials,
                   Report& report, RunRecord& record, RunMode mode)
    : event_(event), where_(where), spec_(spec), credentials_(credentials), report_(report), record_(record),
      is_redeploy_(mode.redeploy), stopped_(mode.rehearsed.value_or(StoppedServers())),
      before_ready_(std::move(mode.before_ready)),
      deadline_(spec.gate.deadline_for(record.is_first_in_boot() || mode.rehearsed)),
      steps_(steps_config(spec, record, mode)), environment_(inherited_environment()) {}

Result<RunVerdict> RunShell::run() {
    if (Status watched = watch_signals(); !watched) return tl::unexpected(watched.error());
    Result<Source> first = add_defer(event_, [this] { perform(steps_.start()); });
    if (!first) return tl::unexpected(first.error());
    later_ = std::move(*first);
    if (Result<int> looped = event_.loop(); !looped) return tl::unexpected(looped.error());
    return verdict_;
}

Status RunShell::watch_signals() {
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) {
        if (signal == SIGHUP && is_redeploy_) continue; // it stays pending, for the watch
        Result<Source> source = add_signal(event_, signal, [this, signal] { stop(signal); });
        if (!source) return tl::unexpected(source.error());
        signals_.push_back(std::move(*source));
    }
    return {};
}

void RunShell::feed(const step::Event& event) {
    perform(steps_.on(event));
}

// Neighbouring changes of the state become one write. What NotWritten brings replaces the rest of the batch.
void RunShell::perform(std::vector<step::Action> batch) {
    for (std::size_t i = 0; i < batch.size();) {
        step::Action action = batch[i++];
        bool save = is_state_write(action) && (i == batch.size() || !is_state_write(batch[i]));
        if (carry_out(action, save)) continue;
        std::vector<step::Action> instead = steps_.on(step::NotWritten{});
        if (instead.empty()) continue;
        batch = std::move(instead);
        i = 0;
    }
}

bool RunShell::carry_out(const step::Action& action, bool save) {
    bool written = true;
    std::visit(Overloaded{
                   [&](const step::FindVersion&) { find_version(); },
                   [&](const step::TryOnce& a) { try_once(a.version); },
                   [&](const step::Deploy& a) { deploy(a); },
                   [&](const step::Gate& a) { gate(a); },
                   [&](const step::NoteUnderWay& a) { record_.note(a.phase, a.version); },
                   [&](const step::RecordLastGood& a) { record_.good(a.release, a.drop_hold, gate_took_); },
                   [&](const step::RecordPass& a) { record_.passed(a.wanted); },
                   [&](const step::Hold& a) { record_.hold(a.release, a.reason); },
                   [&](const step::ClearNote&) { record_.clear_note(); },
                   [&](const step::Alert& a) {
                       last_alert_ = a;
                       written = record_.alert(a, last_gate_ && !last_gate_->passed ? alert_probe(*last_gate_)
                                                                                    : std::nullopt);
                   },
                   [&](const step::Tell& a) { tell(a); },
                   [&](const step::Ready& a) { tell_ready(a, true); },
                   [&](const step::Finish& a) {
                       tell_finish(a.code);
                       event_.exit();
                   },
               },
               action);
    return save ? record_.save() : written;
}

void RunShell::find_version() {
    const auto& good = record_.state().last_good;
    auto environment = run_environment(spec_, {"", good ? good->version : ""}, environment_, nullptr);
    lookup_ =
        std::make_unique<VersionLookup>(event_, spec_.version, std::move(environment),
                                        [this](const Result<std::string>& found) { on_version(found); });
    if (Status started = lookup_->start(); !started)
        later(step::VersionUnknown{with_remedy(started.error())});
}

void RunShell::on_version(const Result<std::string>& found) {
    if (verdict_.signal) return stopped();
    Result<std::string> version = found;
    if (version)
        if (Result<Expansion> expansion = make_expansion(spec_.version, *version); !expansion)
            version = tl::unexpected(expansion.error());
    lookup_.reset();
    Occurrence what =
        about(version ? EventKind::version_found : EventKind::version_unknown, version.value_or(""));
    if (!version) {
        what.reason = Reason::version_unknown;
        what.detail = with_remedy(version.error());
        unknown_ = "version unknown: " + what.detail;
    }
    std::string detail = what.detail;
    report_.event(std::move(what));
    if (version) return feed(step::VersionFound{*version});
    feed(step::VersionUnknown{detail});
}

Status RunShell::open_gate(const std::string& version, Duration deadline,
                           void (RunShell::*done)(const GateReport&)) {
    Result<Expansion> expansion = make_expansion(spec_.version, version);
    if (!expansion) return tl::unexpected(expansion.error());
    Gate::Callbacks callbacks;
    callbacks.progress = [this](const GateReport& report) {
        share_gate();
        on_progress(report);
    };
    callbacks.done = [this, done](const GateReport& report) { (this->*done)(GateReport(report)); };
    Result<std::unique_ptr<Gate>> made =
        Gate::create(event_, spec_.gate, deadline, *expansion, credentials_, std::move(callbacks), stopped_);
    if (!made) return tl::unexpected(made.error());
    gate_ = std::move(*made);
    return {};
}

void RunShell::try_once(const std::string& version) {
    if (Status opened = open_gate(version, spec_.gate.timeout, &RunShell::on_tried); !opened)
        return later(step::TriedOnce{false});
    gate_->try_once();
}

void RunShell::on_tried(const GateReport& report) {
    const std::unique_ptr<Gate> ended = leave_gate(); // and goes when the unit is ready
    last_gate_ = report;
    warn(report);
    feed(step::TriedOnce{report.passed});
}

void RunShell::gate(const step::Gate& what) {
    Duration deadline = what.is_rollback ? spec_.rollback.deadline : deadline_;
    if (Status opened = open_gate(what.version, deadline, &RunShell::on_gate); !opened)
        return later(step::GateFailed{with_remedy(opened.error())});
    if (record_.identity().in_unit)
        obstacles_ = std::make_unique<ObstacleWatch>(event_, where_, spec_, record_.identity().invocation_id,
                                                     [this](const Obstacle& found) { on_obstacle(found); });
    crowd_ = Crowd::join(record_.state_folder());
    share_gate();
    gate_->start();
}

void RunShell::share_gate() {
    if (gate_ && crowd_) gate_->share_with(crowd_->size(most_of_a_crowd));
}

// The gate itself is the caller's, to drop at once or later.
std::unique_ptr<Gate> RunShell::leave_gate() {
    crowd_.reset();
    obstacles_.reset();
    return std::move(gate_);
}

void RunShell::on_gate(const GateReport& report) {
    std::string obstacle = obstacles_ ? obstacles_->last().text : "";
    const std::unique_ptr<Gate> ended = leave_gate(); // and goes when the unit is ready
    last_gate_ = report;
    Occurrence what = about(report.passed ? EventKind::gate_passed : EventKind::gate_failed, version_);
    describe_gate(what, report);
    report_.event(std::move(what));
    warn(report);
    gate_took_ = report.took;
    if (report.passed) return feed(step::GatePassed{});
    feed(step::GateFailed{gate_detail(report) + (obstacle.empty() ? "" : "; " + obstacle)});
}

void RunShell::deploy(const step::Deploy& what) {
    last_gate_.reset(); // what it said was about the version before
    deployed_ = true;
    rolled_back_ = what.is_rollback;
    Result<Expansion> expansion = make_expansion(spec_.version, what.version);
    if (!expansion) return later(step::DeployFailed{with_remedy(expansion.error())});
    const auto& good = record_.state().last_good;
    std::string previous = what.is_rollback ? failed_version_ : good ? good->version : "";
    ProcessOptions options =
        deploy_command(spec_, *expansion, what.is_rollback,
                       run_environment(spec_, {what.version, previous}, environment_, &*expansion));
    Result<std::unique_ptr<Process>> started =
        Process::start(event_, options, [this, name = options.command.front()](const ProcessEnd& end) {
            on_deployed(name, end);
        });
    if (!started) {
        std::string detail = with_remedy(started.error());
        Result<Source> source = add_defer(event_, [this, detail] { deploy_failed(detail); });
        if (source) later_ = std::move(*source);
        return;
    }
    process_ = std::move(*started);
}

void RunShell::on_deployed(const std::string& name, const ProcessEnd& end) {
    process_.reset();
    if (verdict_.signal) return stopped();
    if (!end.succeeded()) return deploy_failed("'" + name + "' " + describe(end, spec_.deploy.timeout));
    Occurrence what = about(EventKind::deployed, version_);
    what.elapsed = since(phase_began_);
    report_.event(std::move(what));
    feed(step::Deployed{});
}

void RunShell::deploy_failed(const std::string& detail) {
    Occurrence what = about(EventKind::deploy_failed, version_);
    what.reason = steps_.phase() == Phase::rollback ? Reason::rollback_failed : Reason::deploy_failed;
    what.elapsed = since(phase_began_);
    what.detail = detail;
    report_.event(std::move(what));
    feed(step::DeployFailed{detail});
}

void RunShell::later(step::Event event) {
    Result<Source> source = add_defer(event_, [this, event = std::move(event)] { feed(event); });
    if (source)
        later_ = std::move(*source);
    else
        event_.exit(); // the verdict stays at its default, unhealthy
}

// Step 7. The command under way is ended first; its end then leads to stopped().
void RunShell::stop(int signal) {
    if (verdict_.signal) return;
    verdict_.signal = signal;
    report_.status("stopping");
    leave_gate();
    later_.reset();
    if (process_) return process_->end(stop_grace);
    if (lookup_ && lookup_->end(stop_grace)) return;
    stopped();
}

void RunShell::stopped() {
    lookup_.reset();
    feed(step::Terminated{});
}

} // namespace unitgate
