// SPDX-License-Identifier: MIT
#include "deploy/steps.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "base/overloaded.hpp"

namespace unitgate {

namespace {

constexpr std::array reason_words{
    std::pair{Reason::unhealthy_on_latest, std::string_view("unhealthy-on-latest")},
    std::pair{Reason::unhealthy_on_last_good, std::string_view("unhealthy-on-last-good")},
    std::pair{Reason::rollback_unhealthy, std::string_view("rollback-unhealthy")},
    std::pair{Reason::deploy_failed, std::string_view("deploy-failed")},
    std::pair{Reason::rollback_failed, std::string_view("rollback-failed")},
    std::pair{Reason::version_unknown, std::string_view("version-unknown")},
    std::pair{Reason::gate_deadlock, std::string_view("gate-deadlock")},
    std::pair{Reason::config_invalid, std::string_view("config-invalid")},
    std::pair{Reason::interrupted, std::string_view("interrupted")},
    std::pair{Reason::unhealthy_while_active, std::string_view("unhealthy-while-active")},
};

std::string interrupted_detail(Phase phase, const std::string& version) {
    std::string what = version.empty() ? "" : " '" + version + "'";
    switch (phase) {
    case Phase::version:
        return "the run was stopped while it looked for the wanted version";
    case Phase::probe:
        return "the run was stopped while it probed" + what;
    case Phase::deploy:
        return "the run was stopped while it deployed" + what;
    case Phase::gate:
        return "the run was stopped in the gate of" + what;
    case Phase::rollback:
        return "the run was stopped while it rolled back to" + what;
    case Phase::rollback_gate:
        return "the run was stopped in the gate of" + what + ", which it had rolled back to";
    case Phase::done:
        break;
    }
    return "the run was stopped";
}

} // namespace

std::string_view reason_name(Reason reason) {
    for (const auto& [value, word] : reason_words)
        if (value == reason) return word;
    return "unknown";
}

std::optional<Reason> reason_from(std::string_view name) {
    for (const auto& [value, word] : reason_words)
        if (word == name) return value;
    return std::nullopt;
}

std::string_view phase_name(Phase phase) {
    switch (phase) {
    case Phase::version:
        return "version";
    case Phase::probe:
        return "probe";
    case Phase::deploy:
        return "deploy";
    case Phase::gate:
        return "gate";
    case Phase::rollback:
        return "rollback";
    case Phase::rollback_gate:
        return "rollback-gate";
    case Phase::done:
        break;
    }
    return "done";
}

Steps::Steps(StepsConfig config) : config_(std::move(config)) {}

std::vector<step::Action> Steps::start() {
    Actions actions;
    if (config_.note_at_once) actions.push_back(step::NoteUnderWay{phase_, ""});
    actions.insert(actions.end(), {step::Tell{phase_, "", ""}, step::FindVersion{}});
    return actions;
}

std::vector<step::Action> Steps::on(const step::Event& event) {
    const bool in_deploy = phase_ == Phase::deploy || phase_ == Phase::rollback;
    const bool in_gate = phase_ == Phase::gate || phase_ == Phase::rollback_gate;
    return std::visit(
        Overloaded{
            [&](const step::VersionFound& e) {
                return phase_ == Phase::version ? on_version(e.version) : Actions{};
            },
            [&](const step::VersionUnknown& e) {
                return phase_ == Phase::version ? on_failed(Reason::version_unknown, e.detail) : Actions{};
            },
            [&](const step::TriedOnce& e) { return phase_ == Phase::probe ? on_tried(e.passed) : Actions{}; },
            [&](const step::Deployed&) { return in_deploy ? on_deployed() : Actions{}; },
            [&](const step::DeployFailed& e) {
                return in_deploy ? on_failed(is_rollback() ? Reason::rollback_failed : Reason::deploy_failed,
                                             e.detail)
                                 : Actions{};
            },
            [&](const step::GatePassed&) { return in_gate ? on_passed() : Actions{}; },
            [&](const step::GateFailed& e) {
                if (!in_gate) return Actions{};
                if (is_rollback()) return on_failed(Reason::rollback_unhealthy, e.detail);
                bool is_last_good = config_.last_good && config_.last_good->version == version_;
                return on_failed(is_last_good ? Reason::unhealthy_on_last_good : Reason::unhealthy_on_latest,
                                 e.detail);
            },
            [&](const step::GateDeadlocked& e) { return in_gate ? on_deadlocked(e.detail) : Actions{}; },
            [&](const step::NotWritten&) { return on_not_written(); },
            [&](const step::Terminated&) { return phase_ == Phase::done ? Actions{} : on_terminated(); },
        },
        event);
}

// Step 1: a held version is not tried again; step 2: a healthy last good is enough. The note is not renewed
// for the probe: the healthy short cut has to be cheap, and nothing is changed by it.
Steps::Actions Steps::on_version(const std::string& version) {
    version_ = version;
    const Release wanted{version, config_.fingerprint};
    const auto& good = config_.last_good;
    if (good && config_.held == wanted && good->version != version) {
        failed_version_ = version;
        version_ = good->version;
    }
    if (config_.always_deploy || good != Release{version_, config_.fingerprint}) return deploy();
    phase_ = Phase::probe;
    return {step::Tell{phase_, version_, failed_version_}, step::TryOnce{version_}};
}

Steps::Actions Steps::on_tried(bool passed) {
    if (!version_unknown_) return passed ? ready({}) : deploy();
    Actions actions{step::Alert{Reason::version_unknown, "", "", unknown_}};
    alerted_ = true;
    if (passed) return ready(std::move(actions));
    return close(std::move(actions), RunExit::unhealthy);
}

Steps::Actions Steps::deploy() {
    phase_ = Phase::deploy;
    return {step::NoteUnderWay{phase_, version_}, step::Tell{phase_, version_, failed_version_},
            step::Deploy{version_, false}};
}

Steps::Actions Steps::on_deployed() {
    deployed_ = true;
    bool rollback = is_rollback();
    phase_ = rollback ? Phase::rollback_gate : Phase::gate;
    return {step::NoteUnderWay{phase_, version_}, step::Tell{phase_, version_, failed_version_},
            step::Gate{version_, rollback}};
}

// Step 5. What was rolled back to was deployed by the [deploy] table of now, whatever table it was good with
// before.
Steps::Actions Steps::on_passed() {
    const bool is_wanted = failed_version_.empty();
    return ready({step::RecordLastGood{{version_, config_.fingerprint}, is_wanted}});
}

Steps::Actions Steps::ready(Actions before) {
    if (not_written_) return close(std::move(before), RunExit::not_written);
    before.push_back(step::RecordPass{failed_version_.empty() && !version_unknown_});
    before.push_back(step::ClearNote{});
    if (config_.reload)
        before.push_back(step::Tell{Phase::done, version_, failed_version_});
    else
        before.push_back(step::Ready{version_, failed_version_});
    before.push_back(step::Finish{RunExit::ready});
    phase_ = Phase::done;
    return before;
}

// Step 6.
Steps::Actions Steps::on_failed(Reason reason, const std::string& detail) {
    const auto& good = config_.last_good;
    if (reason == Reason::version_unknown && good) { // only a healthy last good can still help
        version_unknown_ = true;
        unknown_ = detail;
        version_ = good->version;
        phase_ = Phase::probe;
        return {step::Tell{phase_, version_, ""}, step::TryOnce{version_}};
    }
    const bool fall_back = (phase_ == Phase::deploy || phase_ == Phase::gate) && config_.rollback && good &&
                           good->version != version_;
    step::Alert alert{reason, version_, fall_back ? good->version : "", detail};
    alerted_ = true;
    if (!fall_back) return close({std::move(alert)}, RunExit::unhealthy);
    deployed_ = true; // perhaps in part: from here on the rollback happens whatever can't be written
    failed_version_ = version_;
    version_ = good->version;
    phase_ = Phase::rollback;
    // The alert comes first: a power cut between the two writes leaves a version that is tried again, and
    // told of.
    return {std::move(alert), step::Hold{{failed_version_, config_.fingerprint}, reason},
            step::NoteUnderWay{phase_, version_}, step::Tell{phase_, version_, failed_version_},
            step::Deploy{version_, true}};
}

// No rollback, which would run into the same, and no hold: no other version would fare better.
Steps::Actions Steps::on_deadlocked(const std::string& detail) {
    alerted_ = true;
    return close({step::Alert{Reason::gate_deadlock, version_, "", detail}}, RunExit::unhealthy);
}

Steps::Actions Steps::close(Actions before, RunExit code) {
    phase_ = Phase::done;
    before.push_back(step::ClearNote{});
    before.push_back(step::Finish{not_written_ ? RunExit::not_written : code});
    return before;
}

// Before anything is deployed it ends the run: nothing is deployed that could not be written down. Later the
// run goes on as far as the host's health needs it, and ends with 73 and without READY=1.
Steps::Actions Steps::on_not_written() {
    not_written_ = true;
    if (closed_) return {};
    if (phase_ != Phase::done && deployed_) return {};
    closed_ = true;
    // An interruption that could not be told keeps its note, where it has one: the next run tells it.
    if (terminated_) return {step::Finish{RunExit::not_written}};
    return close({}, RunExit::not_written);
}

// Step 7. A run has one alert for one failure: where it has told of a bad version already, that one stays
// alone.
Steps::Actions Steps::on_terminated() {
    Actions actions;
    if (!alerted_)
        actions.push_back(
            step::Alert{Reason::interrupted, version_, "", interrupted_detail(phase_, version_)});
    alerted_ = terminated_ = true;
    return close(std::move(actions), RunExit::unhealthy);
}

} // namespace unitgate
