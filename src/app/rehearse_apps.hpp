// SPDX-License-Identifier: MIT
// The apps of a rehearsal: whether they answer, and taking them down with their [stop] command. For
// `rehearse`.
#pragma once

#include <string>
#include <vector>

#include "app/follow.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct AppTry {
    enum class State { up, down, unknown };
    const Spec* spec = nullptr;
    State state = State::unknown;
    std::string detail; // of down and unknown
};
std::string_view app_state_word(AppTry::State state);

// One try of each probe of each app on its last good version, all at once. Runs the loop meanwhile.
Result<std::vector<AppTry>> try_apps(Event& event, const std::vector<const Spec*>& specs,
                                     const std::string& state_folder);

// Executes the [stop] command of those that have one, one after the other, from the back. Gives what went
// wrong, as sentences; ends early with Ctrl-C. What a command prints goes to standard error.
Result<std::vector<std::string>> stop_apps(Session& session, const std::vector<const Spec*>& specs,
                                           const std::string& state_folder);

} // namespace unitgate
