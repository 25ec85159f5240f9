// SPDX-License-Identifier: MIT
#include "report/monitored.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace unitgate {

namespace {

// What systemd says instead of running the program, systemd.exec(5) "Process Exit Codes". Those that a deploy
// unit's own settings can cause.
struct SetupFailure {
    std::string_view status, text;
};
constexpr std::array setup_failures = {
    SetupFailure{"200", "its working directory could not be entered"},
    SetupFailure{"203", "the program could not be executed"},
    SetupFailure{"226", "its sandbox could not be set up"},
    SetupFailure{"238", "its state folder could not be made"},
    SetupFailure{"243", "its credentials could not be read"},
};

constexpr std::array<RunExit, 4> verdicts = {RunExit::unhealthy, RunExit::not_written, RunExit::busy,
                                             RunExit::bad_configuration};

std::string exit_text(const std::string& status) {
    for (const auto& failure : setup_failures)
        if (failure.status == status)
            return "never started: " + std::string(failure.text) + " (status " + status + ")";
    return "exited with status " + (status.empty() ? "unknown" : status) + " before it had a verdict";
}

std::string base_text(const Monitored& facts) {
    const std::string& result = facts.service_result;
    std::string signal =
        facts.exit_status.empty() || facts.exit_code == "exited" ? "a signal" : "SIG" + facts.exit_status;
    if (result == "signal") return "killed by " + signal;
    if (result == "core-dump") return "crashed with " + signal;
    if (result == "timeout") return "ended by systemd's own start time-out";
    if (result == "oom-kill") return "killed for lack of memory";
    if (result == "watchdog") return "killed by systemd's watchdog";
    if (result == "exit-code") return exit_text(facts.exit_status);
    if (result == "protocol") return "ended without a word to systemd";
    if (result == "resources") return "never started: systemd lacked something that the unit needs";
    return "ended with result '" + (result.empty() ? "unknown" : result) + "'";
}

} // namespace

std::optional<Monitored> monitored_from(const std::map<std::string, std::string>& environment) {
    auto value = [&](const char* name) {
        auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    if (value("MONITOR_SERVICE_RESULT").empty()) return std::nullopt;
    return Monitored{value("MONITOR_INVOCATION_ID"), value("MONITOR_SERVICE_RESULT"),
                     value("MONITOR_EXIT_CODE"), value("MONITOR_EXIT_STATUS"), false};
}

Ending ending_of(const Monitored& facts) {
    if (facts.is_up_or_starting && facts.service_result == "success") return Ending::none;
    if (facts.invocation_id.empty() || facts.service_result == "success") return Ending::never_ran;
    bool verdict = std::any_of(verdicts.begin(), verdicts.end(), [&](RunExit code) {
        return facts.exit_status == std::to_string(static_cast<int>(code));
    });
    return facts.service_result == "exit-code" && verdict ? Ending::own_verdict : Ending::interrupted;
}

std::string ending_text(const Monitored& facts, std::optional<Phase> phase) {
    std::string out = base_text(facts);
    if (phase && *phase != Phase::done) out += " in step " + std::string(phase_name(*phase));
    return out;
}

} // namespace unitgate
