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
        replaced, // another file has come before it on the search path since the manager read it
        unread,   // it can't be read
    } kind = Kind::none;
    std::string text; // a clause that says so; empty for none
};

// `loaded` is the unit file that the manager has in force, empty where none was asked; `found` the one that
// comes first on its search path, empty where there is none. A unit that was made without the spec folders of
// `context` is as good as one that names them.
UnitDrift unit_drift(const Spec& spec, const UnitContext& context, const std::string& loaded,
                     const std::string& found);

} // namespace unitgate
