// SPDX-License-Identifier: MIT
// How what runs of a spec stands to what is wanted: its wanted version and [deploy] table against the state
// file. Used by start, reconcile and status; deploys nothing and writes nothing.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "deploy/state.hpp"
#include "io/event.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct Standing {
    enum class Kind {
        current,    // last good is what is wanted
        behind,     // another version, or another [deploy] table, is wanted
        held,       // what is wanted failed before and is held
        never_good, // nothing has passed yet
        unknown,    // the wanted version or the state can't be read; see detail
    } kind = Kind::unknown;
    std::string wanted, good;   // versions, where they are known
    bool table_differs = false; // of behind: the version is the same
    std::string detail;
    std::string text() const; // a clause: "5.1.2 is wanted, 5.1.1 is up"
};

// Pure.
Standing standing_of(const AppState& state, const std::string& wanted, const std::string& fingerprint);

// For each of `specs` in order. Runs version commands, a few at a time, and the loop meanwhile.
Result<std::vector<Standing>> find_standings(Event& event, const std::vector<const Spec*>& specs,
                                             const std::string& state_folder);

} // namespace unitgate
