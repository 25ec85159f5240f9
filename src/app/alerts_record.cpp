// SPDX-License-Identifier: MIT
#include "app/alerts_record.hpp"

#include <chrono>
#include <cstdlib>

#include "app/output.hpp"
#include "base/ascii.hpp"
#include "deploy/state.hpp"
#include "deploy/watch_note.hpp"
#include "io/ids.hpp"
#include "spec/load.hpp"
#include "systemd/unit_facts.hpp"

namespace unitgate {

namespace {

// "deploy-proxy.service" -> "proxy"; whatever no name may hold becomes '-', for it goes into a file's name.
std::string name_from_unit(const std::string& unit) {
    std::string name = unit.substr(0, unit.rfind('.'));
    if (name.starts_with("deploy-")) name.erase(0, 7);
    for (char& c : name)
        if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '@') c = '-';
    return name.empty() ? "unknown" : name.substr(0, 63);
}

std::map<std::string, std::string> monitor_environment() {
    std::map<std::string, std::string> out;
    for (const char* name :
         {"MONITOR_SERVICE_RESULT", "MONITOR_EXIT_CODE", "MONITOR_EXIT_STATUS", "MONITOR_INVOCATION_ID"})
        if (const char* value = ::getenv(name)) out[name] = value;
    return out;
}

// systemd sets the environment only where one unit alone could have been the trigger; else the unit itself is
// asked.
Result<Monitored> gather(const std::string& unit) {
    if (auto facts = monitored_from(monitor_environment())) return *facts;
    auto asked = ask_unit(unit);
    if (!asked)
        return fail("$MONITOR_SERVICE_RESULT is not set and '" + unit +
                        "' can't be asked: " + asked.error().message,
                    "unitgate-alert@.service executes this verb; there is no need to type it");
    const bool is_up_or_starting = asked->active_state == "active" || asked->active_state == "reloading" ||
                                   asked->active_state == "activating";
    return Monitored{asked->invocation_id, asked->result, asked->exit_code, asked->exit_status,
                     is_up_or_starting};
}

} // namespace

RunOfUnit find_run_of(const std::string& unit, const std::string& invocation_id,
                      const std::string& state_folder, const SpecPath& specs) {
    if (!invocation_id.empty())
        for (const std::string& name : names_with_state(state_folder)) {
            auto state = StateStore(state_folder, name).load();
            if (!state || !state->under_way || state->under_way->invocation_id != invocation_id) continue;
            const UnderWay& note = *state->under_way;
            return {.name = name,
                    .app = note.app,
                    .version = note.version,
                    .phase = note.phase,
                    .alerts_before = note.alerts_before};
        }
    if (!invocation_id.empty())
        for (const std::string& name : names_with_state(state_folder)) {
            auto note = load_watch_note(state_folder, name);
            if (note && note->invocation_id == invocation_id)
                return {name, note->app, note->version, {}, true};
        }
    LoadedSpecs loaded = load_specs(specs);
    for (const Spec& spec : loaded.specs)
        if (spec.unit.name == unit) return {spec.name, spec.app, {}, {}};
    for (const auto& broken : loaded.broken)
        if (broken.unit_name == unit)
            return {broken.name, broken.app.empty() ? broken.name : broken.app, {}, {}};
    std::string name = name_from_unit(unit);
    return {name, name, {}, {}};
}

int record_ending(Report& report, const std::string& state_folder, const std::string& unit,
                  const Monitored& facts, const RunOfUnit& run) {
    Occurrence what;
    what.name = run.name;
    what.app = run.app;
    what.version = run.version;
    what.object_unit = unit;
    switch (ending_of(facts)) {
    case Ending::none: // called by hand, or the unit was started again meanwhile
        print_to_stderr("'" + unit + "' has not failed: there is nothing to record\n");
        return exit_success;
    case Ending::own_verdict:
        return exit_success;
    case Ending::never_ran:
        what.kind = EventKind::dependency_failed;
        report.event(what);
        return exit_success;
    case Ending::interrupted:
        break;
    }

    Alert alert;
    alert.app = run.app;
    alert.reason = Reason::interrupted;
    alert.ts = format_timestamp(std::chrono::system_clock::now());
    alert.version = run.version;
    alert.unit = unit;
    alert.detail = ending_text(facts, run.phase) + (run.watched ? " while it watched the app" : "");
    alert.invocation_id = facts.invocation_id;
    alert.boot_id = boot_id();
    auto written = report.alert(
        state_folder, alert,
        {.once = true, .of_reason = run.watched, .known = run.alerts_before, .object_unit = unit});
    if (written && written->empty()) return exit_success; // the run, or the next one, has told it
    what.kind = EventKind::interrupted;
    what.reason = alert.reason;
    what.detail = alert.detail;
    report.event(what);
    return written ? exit_success : static_cast<int>(RunExit::not_written);
}

int alerts_record_verb(const Invocation& invocation) {
    const std::string& unit = invocation.arguments.at(0);
    auto facts = gather(unit);
    if (!facts) {
        print_error(facts.error());
        return exit_failure;
    }
    auto to = report_here();
    if (!to) {
        print_error(to.error());
        return exit_failure;
    }
    std::string state_folder = state_folder_of(invocation);
    RunOfUnit run = find_run_of(unit, facts->invocation_id, state_folder, invocation.specs);
    Report report(std::move(*to), run.name, run.app);
    return record_ending(report, state_folder, unit, *facts, run);
}

} // namespace unitgate
