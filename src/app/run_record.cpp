// SPDX-License-Identifier: MIT
#include "app/run_record.hpp"

#include <chrono>
#include <utility>

#include "io/ids.hpp"

namespace unitgate {

namespace {

std::string timestamp() {
    return format_timestamp(std::chrono::system_clock::now());
}

} // namespace

RunIdentity run_identity() {
    // Outside systemd an id of its own serves: without one a killed run's alert could be written twice.
    std::string invocation = invocation_id();
    return {invocation.empty() ? random_id() : invocation, boot_id(), !invocation.empty()};
}

RunRecord::RunRecord(std::string state_folder, std::string name, std::string app, std::string unit,
                     RunIdentity identity, Report& report)
    : store_(state_folder, std::move(name)), folder_(std::move(state_folder)), app_(std::move(app)),
      unit_(std::move(unit)), identity_(std::move(identity)), report_(report), began_(now_rfc3339()) {}

bool RunRecord::open(bool again) {
    Result<AppState> loaded = store_.load();
    if (!loaded) {
        report_.state_not_written(loaded.error());
        return false;
    }
    state_ = std::move(*loaded);
    if (!tell_interrupted()) return false;
    if (!again) return true;
    auto alerts = count_alerts_of(folder_, identity_.invocation_id);
    if (alerts) alerts_before_ = *alerts; // else an interruption is not told twice
    return true;
}

bool RunRecord::tell_interrupted() {
    if (!state_.under_way) return true;
    const UnderWay& note = *state_.under_way;
    Alert alert;
    alert.app = note.app;
    alert.reason = Reason::interrupted;
    alert.ts = timestamp();
    alert.version = note.version;
    alert.unit = note.unit;
    alert.detail = "the run that began at " + note.since + " ended in step '" +
                   std::string(phase_name(note.phase)) + "' without a verdict: it was killed" +
                   (note.boot_id == identity_.boot_id ? "" : ", or the host went down");
    alert.invocation_id = note.invocation_id;
    alert.boot_id = note.boot_id;
    AlertFor once{.once = true, .known = note.alerts_before};
    return report_.alert(folder_, std::move(alert), std::move(once)).has_value();
}

void RunRecord::note(Phase phase, const std::string& version) {
    state_.under_way = UnderWay{
        identity_.invocation_id, identity_.boot_id, app_, unit_, phase, version, began_, alerts_before_};
}

void RunRecord::good(const Release& release, bool drop_hold, Duration gate_took) {
    state_.last_good = release;
    state_.last_good_since = now_rfc3339();
    state_.last_gate = GatePass{release.version, state_.last_good_since, gate_took};
    if (drop_hold) state_.held.reset();
}

void RunRecord::passed(bool wanted) {
    state_.passed_boot = identity_.boot_id;
    if (wanted) state_.wanted_passed = WantedPass{app_, now_rfc3339_usec()};
}

void RunRecord::hold(const Release& release, Reason reason) {
    state_.held = Held{release, reason, now_rfc3339()};
}

void RunRecord::clear_note() {
    state_.under_way.reset();
}

bool RunRecord::save() {
    Status saved = store_.save(state_);
    if (!saved) report_.state_not_written(saved.error());
    return saved.has_value();
}

bool RunRecord::alert(const step::Alert& what, std::optional<AlertProbe> probe) {
    Alert alert;
    alert.app = app_;
    alert.reason = what.reason;
    alert.ts = timestamp();
    alert.version = what.version;
    alert.unit = unit_;
    alert.detail = what.detail;
    alert.probe = std::move(probe);
    alert.rolled_back_to = what.rolled_back_to;
    alert.invocation_id = identity_.invocation_id;
    alert.boot_id = identity_.boot_id;
    return report_.alert(folder_, std::move(alert)).has_value();
}

} // namespace unitgate
