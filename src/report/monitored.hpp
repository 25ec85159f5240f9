// SPDX-License-Identifier: MIT
// How a deploy unit ended, as systemd tells it to the alert unit ($MONITOR_*, systemd.exec(5)), and what that
// means for an alert. Pure; app/alerts_record.cpp gathers the facts and acts.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "deploy/steps.hpp"

namespace unitgate {

struct Monitored {
    std::string invocation_id;      // of the start that failed; empty: the unit never ran
    std::string service_result;     // "signal", "timeout", "exit-code", ... or "success"
    std::string exit_code;          // "exited", "killed", "dumped"; empty: no process
    std::string exit_status;        // a number, or the name of a signal without SIG
    bool is_up_or_starting = false; // asked of the unit itself
};

// From an environment; nullopt where systemd did not set it, by hand or when more than one unit could have
// triggered.
std::optional<Monitored> monitored_from(const std::map<std::string, std::string>& environment);

enum class Ending {
    none,        // nothing has ended: the unit is up
    never_ran,   // a dependency failed. OnFailure= fires for that too, then with what is left of an earlier
                 // start: no invocation, or one that ended well
    own_verdict, // the run ended with one of its exit codes and has told all itself
    interrupted,
};
Ending ending_of(const Monitored& facts);

// "killed by SIGKILL in step gate", "killed for lack of memory in step deploy", ... `phase` where a note of
// the run is left.
std::string ending_text(const Monitored& facts, std::optional<Phase> phase);

} // namespace unitgate
