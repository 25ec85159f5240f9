// SPDX-License-Identifier: MIT
// Whether the unit that is in force is the one that its spec makes now. Reads one unit file; asks nobody.
// Called by status, with what the manager says where there is one.
#pragma once

#include <string>

#include "spec/model.hpp"
#include "systemd/unit_file.hpp"

namespace unitgate {

struct UnitDrift {
    enum class Kind {
        none,     // the file is what the spec makes
        edited,   // it is ours, of an older spec or another unitgate
        shadowed, // it is not ours, and hides what the spec makes
        missing,  // there is none
        unread,   // it can't be read
    } kind = Kind::none;
    std::string text; // a clause that says so; empty for none
};

// `path` of the unit file in force, empty where there is none. A unit that was made with other spec folders
// is one of them all the same where `context` names them: both texts are good.
UnitDrift unit_drift(const Spec& spec, const UnitContext& context, const std::string& path);

} // namespace unitgate
