// SPDX-License-Identifier: MIT
// Which deploy units start, stop and reconcile are about, and in which order: those of the specs named and
// what they pull in, as the manager's graph has them; on another host, where the specs are not at hand, its
// units.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "app/follow.hpp"
#include "app/verb.hpp"
#include "base/diagnostic.hpp"
#include "plan/graph.hpp"
#include "spec/load.hpp"

namespace unitgate {

struct Selection {
    LoadedSpecs loaded;          // of this host; empty for another one
    std::vector<Wish> wishes;    // of kind start, in topological order
    std::set<std::string> named; // units of the specs named; the others came with them
    Diagnostics problems;        // of the specs selected, the order they would start in and their units in force
    const Spec* spec_of(const std::string& unit) const; // nullptr where there is none
};

// Which units beside those of the specs named, or of all specs.
enum class Reach {
    named,      // none
    pulled_in,  // deploy units that they want or require
    taken_down, // whatever systemd stops with them
};
Result<Selection> select_units(Session& session, const Invocation& invocation, Reach reach);

// Calls `work` with a session of the manager that the options name, and with the units. Gives its exit code,
// or that of what kept it from being called, which is told.
int with_selection(const Invocation& invocation, Reach reach,
                   const std::function<int(Session& session, const Selection& selection)>& work);

} // namespace unitgate
