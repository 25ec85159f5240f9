// SPDX-License-Identifier: MIT
// What a run executes and with which environment. Pure; the shell of `run` starts it.
#pragma once

#include <string>
#include <vector>

#include "io/process.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct RunVersions {
    std::string version;  // deployed now; empty while it is looked for
    std::string previous; // what it replaces; empty: nothing known
};

// `inherited` as commands get it (io/environment), with UNITGATE_NAME, UNITGATE_VERSION and UNITGATE_PREVIOUS
// over it, and, for a command of [deploy], before those its `environment`, expanded; nullptr: it is none.
std::vector<std::string> run_environment(const Spec& spec, const RunVersions& versions,
                                         const std::vector<std::string>& inherited,
                                         const Expansion* of_deploy);

// The deploy command, or, for a rollback, [rollback] command where there is one.
ProcessOptions deploy_command(const Spec& spec, const Expansion& expansion, bool is_rollback,
                              std::vector<std::string> environment);

// [stop] command, which the spec must have; in the folder and with the time-out of [deploy].
ProcessOptions stop_command(const Spec& spec, const Expansion& expansion,
                            std::vector<std::string> environment);

} // namespace unitgate
