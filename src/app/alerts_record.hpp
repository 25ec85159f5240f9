// SPDX-License-Identifier: MIT
// `unitgate alerts record UNIT`, which unitgate-alert@.service executes: records what a killed run could not.
// The other words of `alerts` stand in alerts.cpp. The functions below main's seam take their surroundings as
// arguments, for tests.
#pragma once

#include <string>

#include "app/verb.hpp"
#include "report/monitored.hpp"
#include "report/report.hpp"

namespace unitgate {

int alerts_record_verb(const Invocation& invocation);

// Whose run it was: by the note that the run left in its state file (the invocation says it is that run's),
// else by the spec with that unit name, else by the unit's name alone.
struct RunOfUnit {
    std::string name, app, version;
    std::optional<Phase> phase;
    bool watched = false;          // the run was over, its process was watching the app
    std::size_t alerts_before = 0; // as the note's
};
RunOfUnit find_run_of(const std::string& unit, const std::string& invocation_id,
                      const std::string& state_folder, const SpecPath& specs);

// Gives the exit code: 0 recorded or nothing to do, 73 the alert could not be written.
int record_ending(Report& report, const std::string& state_folder, const std::string& unit,
                  const Monitored& facts, const RunOfUnit& run);

} // namespace unitgate
