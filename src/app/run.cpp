// SPDX-License-Identifier: MIT
#include "app/run.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <unistd.h>
#include <utility>

#include "app/output.hpp"
#include "app/run_record.hpp"
#include "app/run_shell.hpp"
#include "app/run_watch.hpp"
#include "base/file.hpp"
#include "deploy/rehearsal.hpp"
#include "io/start_pages.hpp"
#include "plan/serves.hpp"
#include "report/status.hpp"

namespace unitgate {

namespace {

struct Refusal {
    std::string name, app, unit, detail;
};

std::string first_error(const Diagnostics& all) {
    for (const Diagnostic& one : all) {
        if (one.severity != Severity::error) continue;
        return one_line(one);
    }
    return "the spec can't be used";
}

Refusal refusal_of(const LoadedSpecs& loaded, const std::string& name) {
    Refusal refusal{name, name, "deploy-" + name + ".service", first_error(loaded.diagnostics)};
    for (const LoadedSpecs::Broken& broken : loaded.broken) {
        if (broken.name != name) continue;
        if (is_valid_name(broken.app)) refusal.app = broken.app;
        if (!broken.unit_name.empty()) refusal.unit = broken.unit_name;
    }
    return refusal;
}

// In a unit they go to the journal, where no source line may go: it may hold a secret.
void tell_findings(Report& report, const Diagnostics& all) {
    if (report.lines(format_diagnostics(all, SourceLines::left_out))) return;
    SourceLines lines = ::isatty(STDERR_FILENO) == 1 ? SourceLines::shown : SourceLines::left_out;
    print_to_stderr(format_diagnostics(all, lines));
}

// Exit code 78 also where the alert can't be written: the configuration is what has to be mended.
RunVerdict refuse(Report& report, const std::string& state_folder, const RunIdentity& identity,
                  const Refusal& why, const Diagnostics& findings = {}) {
    report.set_app(why.app);
    report.let_manager_catch_up();
    tell_findings(report, findings);
    Occurrence what;
    what.kind = EventKind::config_invalid;
    what.reason = Reason::config_invalid;
    what.detail = why.detail;
    report.event(std::move(what));
    report.status(failed_status(Reason::config_invalid, why.detail));
    // A slip of who typed the NAME is no app that failed; a unit whose spec is gone is.
    const bool of_nobody =
        !identity.in_unit &&
        std::any_of(findings.begin(), findings.end(), [](const auto& one) { return one.code == "no-spec"; });
    if (is_valid_name(why.name) && !of_nobody) { // else it is no part of a file's name
        Alert alert;
        alert.app = why.app;
        alert.reason = Reason::config_invalid;
        alert.ts = format_timestamp(std::chrono::system_clock::now());
        alert.unit = why.unit;
        alert.detail = why.detail;
        alert.invocation_id = identity.invocation_id;
        alert.boot_id = identity.boot_id;
        static_cast<void>(report.alert(state_folder, std::move(alert)));
    }
    return {RunExit::bad_configuration};
}

RunVerdict not_locked(Report& report, const Error& error) {
    report.let_manager_catch_up();
    if (error.code != EWOULDBLOCK) {
        report.state_not_written(error);
        report.status("failed: " + error.message);
        return {RunExit::not_written};
    }
    Occurrence what;
    what.kind = EventKind::busy;
    report.event(std::move(what));
    report.status("failed: another run is under way");
    return {RunExit::busy};
}

RunVerdict broken(Report& report, const Error& error) {
    report.let_manager_catch_up();
    Occurrence what;
    what.detail = error.message;
    report.event(std::move(what));
    report.status("failed: " + error.message);
    return {RunExit::unhealthy};
}

// While a reload is under way: the process that watches the app, if it is one of ours; else 0.
int watching_process() {
    const char* main_pid = ::getenv("MAINPID");
    int pid = main_pid ? std::atoi(main_pid) : 0;
    if (pid <= 1) return 0;
    auto name_of = [](const std::string& who) {
        return read_file("/proc/" + who + "/comm", 64).value_or("");
    };
    std::string name = name_of("self");
    return !name.empty() && name == name_of(std::to_string(pid)) ? pid : 0;
}

// A unit that is active (exited) has no main process, and a reload can't give it one.
void tell_not_watched(Report& report, const Spec& spec, const ReadyWords& up) {
    Occurrence what;
    what.kind = EventKind::not_watched;
    what.version = up.version;
    what.detail = "only a start begins to watch: 'systemctl restart " + spec.unit.name +
                  "' does, and takes down what requires it";
    report.event(std::move(what));
    std::string why = "not watched: [watch] takes effect with the next start";
    if (!up.detail.empty()) why = up.detail + "; " + why;
    report.status(ready_status(up.version, up.failed_version, why));
}

RunVerdict run_by(const Invocation& invocation, Report& report, const RunIdentity& identity) {
    const std::string& name = invocation.arguments.front();
    const std::string folder = state_folder_of(invocation);

    // Load and check.
    LoadedSpecs loaded = load_spec(invocation.specs, name);
    const Spec* spec = loaded.find(name);
    if (!spec) return refuse(report, folder, identity, refusal_of(loaded, name), loaded.diagnostics);
    tell_findings(report, loaded.diagnostics);
    report.set_app(spec->app);
    Result<Credentials> credentials = read_credentials(*spec);
    if (!credentials)
        return refuse(report, folder, identity,
                      {name, spec->app, spec->unit.name, with_remedy(credentials.error())});
    report.redactor().hide_secrets_of(*spec, *credentials);
    Result<Event> event = Event::create();
    if (!event) return broken(report, event.error());
    give_back_start_pages(); // before libcurl is opened: what it needs takes their place
    // What makes a probe impossible in any case is known before anything is deployed.
    Result<std::unique_ptr<Gate>> possible =
        Gate::create(*event, spec->gate, spec->gate.deadline, {"0", "0"}, *credentials, {});
    if (!possible)
        return refuse(report, folder, identity,
                      {name, spec->app, spec->unit.name, with_remedy(possible.error())});
    possible->reset();

    // Lock.
    Result<RunLock> lock = lock_run(folder, name, spec->app);
    if (!lock) return not_locked(report, lock.error());

    // A rehearsal's cold start has stopped what would still wait at a boot.
    auto rehearsal = rehearsal_of_run(folder, name, identity.boot_id);
    if (!rehearsal) {
        report.state_not_written(rehearsal.error());
        report.status("failed: " + rehearsal.error().message);
        return {RunExit::not_written};
    }
    std::optional<StoppedServers> stopped;
    if (*rehearsal)
        stopped = probes_served_by((*rehearsal)->units, load_specs(invocation.specs).specs, *spec);

    // Steps; they report.
    RunRecord record(folder, name, spec->app, spec->unit.name, identity, report);
    if (!record.open(invocation.has("reload"))) {
        report.status("failed: the state can't be used");
        return {RunExit::not_written};
    }
    RunMode mode;
    mode.reload = invocation.has("reload");
    mode.rehearsed = std::move(stopped);
    mode.before_ready = [&] { *lock = {}; };
    Result<RunVerdict> verdict =
        RunShell(*event, invocation.specs, *spec, *credentials, report, record, mode).run();
    if (!verdict) return broken(report, verdict.error());
    if (verdict->code != RunExit::ready || verdict->signal || !spec->watch) return *verdict;
    if (mode.reload) {
        if (identity.in_unit && !watching_process()) tell_not_watched(report, *spec, verdict->up);
        return *verdict;
    }

    // Watch.
    return RunWatch(invocation.specs, folder, *spec, *credentials, verdict->up, report, identity).run();
}

// So that `systemctl stop` ends inactive: an exit code would be a failure.
[[noreturn]] void die_by(int signal) {
    ::signal(signal, SIG_DFL);
    sigset_t one;
    ::sigemptyset(&one);
    ::sigaddset(&one, signal);
    ::raise(signal); // pending while it is blocked
    ::sigprocmask(SIG_UNBLOCK, &one, nullptr);
    ::_exit(128 + signal);
}

} // namespace

int run_verb(const Invocation& invocation) {
    ::signal(SIGPIPE, SIG_IGN); // whoever reads along may go; commands get the default back
    const RunIdentity identity = run_identity();
    Result<ReportTo> to = report_here();
    if (!to) {
        print_error(to.error());
        return static_cast<int>(RunExit::bad_configuration);
    }
    RunVerdict verdict;
    {
        Report report(std::move(*to), invocation.arguments.front(), invocation.arguments.front());
        verdict = run_by(invocation, report, identity);
    }
    // Whatever came of it, the watch reads the spec again.
    if (int watching = invocation.has("reload") ? watching_process() : 0) ::kill(watching, SIGHUP);
    if (verdict.signal) die_by(verdict.signal);
    return static_cast<int>(verdict.code);
}

} // namespace unitgate
