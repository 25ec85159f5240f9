// SPDX-License-Identifier: MIT
// The part of RunShell that tells: events, status texts, how long systemd is to wait.
#include "app/run_shell.hpp"

#include <algorithm>
#include <cerrno>

#include "report/gate_facts.hpp"
#include "report/status.hpp"
#include "systemd/unit_file.hpp"

namespace unitgate {

namespace {

constexpr Duration slack = start_timeout_margin; // for what lies between two limits

Duration limit_of(const Spec& spec, Phase phase, Duration deadline) {
    switch (phase) {
    case Phase::version:
        return spec.version.timeout;
    case Phase::probe:
        return spec.gate.timeout;
    case Phase::deploy:
    case Phase::rollback:
        return spec.deploy.timeout;
    case Phase::gate:
        return deadline;
    case Phase::rollback_gate:
        return spec.rollback.deadline;
    case Phase::done:
        break;
    }
    return Duration::zero();
}

} // namespace

bool RunShell::is_on_time() const {
    return since(phase_began_) <= limit_of(spec_, phase_, deadline_) + slack;
}

// What the step at hand may take, and never past the moment at which the unit's own time-out would come: a
// run that hangs gains nothing by having asked for each step.
Duration RunShell::time_to_ask_for() const {
    if (is_redeploy_) return Duration::zero();
    const Duration left = longest_run(spec_) + slack - since(began_);
    return std::min(limit_of(spec_, phase_, deadline_) + slack, left);
}

Occurrence RunShell::about(EventKind kind, const std::string& version) const {
    Occurrence what;
    what.kind = kind;
    what.version = version;
    return what;
}

void RunShell::tell(const step::Tell& what) {
    phase_began_ = Clock::now();
    phase_ = what.phase;
    version_ = what.version;
    failed_version_ = what.failed_version;
    waiting_on_.clear();
    if (what.phase == Phase::done) return tell_ready({what.version, what.failed_version}, false);
    const bool is_pinned = spec_.version.kind == VersionSource::Kind::pin;
    if (what.phase == Phase::version && is_pinned) return; // over before anybody could read it
    const bool rollback = what.phase == Phase::rollback || what.phase == Phase::rollback_gate;
    if (!what.failed_version.empty() && !rollback && !told_held_) {
        told_held_ = true;
        Occurrence held = about(EventKind::held_skipped, what.version);
        held.failed_version = what.failed_version;
        if (record_.state().held) held.reason = record_.state().held->reason;
        report_.event(std::move(held));
    }
    if (what.phase == Phase::deploy) report_.event(about(EventKind::deploying, what.version));
    if (what.phase == Phase::rollback) {
        Occurrence back = about(EventKind::rolling_back, what.version);
        back.failed_version = what.failed_version;
        if (last_alert_) back.reason = last_alert_->reason;
        report_.event(std::move(back));
    }
    std::string status = phase_status(what.phase, what.version, what.failed_version);
    if (!what.failed_version.empty() && !rollback) status += "; " + what.failed_version + " is held";
    report_.status(status, time_to_ask_for());
}

// The probe for whose stopped server a rehearsed gate waits in vain; nullptr while it may still pass.
const ProbeReport* RunShell::waits_for_stopped(const GateReport& report) const {
    const ProbeReport* first = nullptr;
    for (const ProbeReport& probe : report.probes) {
        const bool stopped = probe.answered && probe.last.cause == Cause::unit_stopped;
        if (probe.role == ProbeRole::counted && spec_.gate.any && !stopped) return nullptr;
        if (stopped && !first && probe.role != ProbeRole::optional) first = &probe;
    }
    return first;
}

void RunShell::on_progress(const GateReport& report) {
    last_gate_ = report;
    if (obstacles_) obstacles_->progress(report);
    // A healthy app answers within a millisecond: "first try" would only cost its start a turn of the
    // manager.
    const bool answered = std::any_of(report.probes.begin(), report.probes.end(),
                                      [](const ProbeReport& probe) { return probe.answered; });
    if (answered || steps_.phase() != Phase::probe) show_gate();
    const bool in_gate = steps_.phase() == Phase::gate || steps_.phase() == Phase::rollback_gate;
    if (const ProbeReport* probe = waits_for_stopped(report); probe && in_gate) {
        // Not from within the gate, which it ends.
        if (Result<Source> soon = add_defer(event_, [this, probe = *probe] { on_stopped_server(probe); }))
            later_ = std::move(*soon);
        return;
    }
    const ProbeReport* culprit = report.culprit();
    if (!culprit) return;
    std::string waiting_on = culprit->name + " " + std::string(cause_name(culprit->last.cause)) + " " +
                             std::to_string(culprit->last.status);
    if (waiting_on == waiting_on_) return;
    waiting_on_ = std::move(waiting_on);
    Occurrence waiting = about(EventKind::gate_waiting, version_);
    describe_gate(waiting, report);
    report_.event(std::move(waiting));
}

void RunShell::show_gate() {
    const bool rollback = steps_.phase() == Phase::rollback_gate;
    report_.status(gate_status(*last_gate_, rollback ? failed_version_ : "",
                               obstacles_ ? obstacles_->last().brief : ""));
}

// Of a gate that has passed: the optional probes that do not.
void RunShell::warn(const GateReport& report) {
    if (!report.passed) return;
    for (const ProbeReport* probe : warnings_of(report)) {
        Occurrence what = about(EventKind::optional_failed, version_);
        describe_probe(what, *probe);
        report_.event(std::move(what));
    }
}

// A deadlock ends the gate; anything else is a warning, and it goes on.
void RunShell::on_obstacle(const Obstacle& obstacle) {
    using Kind = Obstacle::Kind;
    if (!gate_ || !last_gate_) return;
    show_gate();
    if (obstacle.kind == Kind::none || obstacle.kind == Kind::unknown_server) return; // told when it ends
    const bool in_vain = obstacle.kind == Kind::deadlock;
    GateReport blamed = *last_gate_;
    std::erase_if(blamed.probes, [&](const ProbeReport& probe) { return probe.name != obstacle.probe; });
    blamed.took = since(phase_began_);
    Occurrence what = about(in_vain ? EventKind::gate_deadlock : EventKind::gate_obstructed, version_);
    describe_gate(what, blamed);
    what.detail = obstacle.text;
    if (in_vain) what.reason = Reason::gate_deadlock;
    report_.event(std::move(what));
    if (!in_vain) return;
    deadlocked(std::move(blamed), obstacle.text);
}

// In a rehearsal. At a cold boot that server would wait for this very unit: no deadline has to be waited out.
void RunShell::on_stopped_server(const ProbeReport& probe) {
    if (!gate_ || !last_gate_ || last_gate_->passed) return;
    GateReport blamed = *last_gate_;
    blamed.probes = {probe};
    blamed.took = since(phase_began_);
    Occurrence what = about(EventKind::gate_deadlock, version_);
    describe_gate(what, blamed);
    what.detail = "rehearsal: " + gate_detail(blamed) + "; it can only start once this unit is up";
    what.reason = Reason::gate_deadlock;
    std::string detail = what.detail;
    report_.event(std::move(what));
    deadlocked(std::move(blamed), detail);
}

// No deadline is waited out, and the version is not at fault.
void RunShell::deadlocked(GateReport blamed, const std::string& detail) {
    last_gate_ = std::move(blamed);
    leave_gate();
    feed(step::GateDeadlocked{detail});
}

void RunShell::tell_ready(const step::Ready& what, bool in_manager) {
    verdict_.up = {what.version, what.failed_version, unknown_};
    std::string status = ready_status(what.version, what.failed_version, unknown_);
    if (in_manager) {
        if (before_ready_) before_ready_();
        // One that has not read it yet is busy: it lies in its queue, and is read before the end of this
        // process is.
        if (Status sent = report_.ready(status); !sent && sent.error().code != ETIMEDOUT) {
            Occurrence failed = about(EventKind::failed, what.version);
            failed.detail = sent.error().message;
            report_.event(std::move(failed));
            verdict_.code = RunExit::unhealthy;
            return;
        }
    } else {
        report_.status(status);
    }
    Occurrence up = about(rolled_back_ ? EventKind::rolled_back
                          : deployed_  ? EventKind::ready
                                       : EventKind::already_healthy,
                          what.version);
    up.failed_version = what.failed_version;
    up.elapsed = since(began_);
    report_.event(std::move(up));
    verdict_.code = RunExit::ready;
}

void RunShell::tell_finish(RunExit code) {
    if (code == RunExit::ready) return; // Ready has set the verdict
    verdict_.code = code;
    Occurrence end = about(verdict_.signal ? EventKind::interrupted : EventKind::failed, version_);
    end.elapsed = since(began_);
    std::string status;
    if (code == RunExit::not_written) {
        end.detail = "state or an alert could not be written";
        status = "failed: " + end.detail;
    } else if (last_alert_) {
        end.reason = last_alert_->reason;
        end.detail = last_alert_->detail;
        status = failed_status(*end.reason, end.detail);
    }
    if (verdict_.signal) { // the alert may be that of the version which was being rolled back from
        end.reason = Reason::interrupted;
        end.detail = "stopped by a signal in step '" + std::string(phase_name(phase_)) + "'";
        status = end.detail;
    }
    report_.event(std::move(end));
    report_.status(status);
}

} // namespace unitgate
