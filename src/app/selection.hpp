// SPDX-License-Identifier: MIT
// Which deploy units start, stop and reconcile are about, and in which order: those of the specs named and
// what they pull in, as the manager's graph has them; on another host, where the specs are not at hand, its
// units.
#pragma once

#include <string>
#include <vector>

#include "app/follow.hpp"
#include "app/verb.hpp"
#include "base/diagnostic.hpp"
#include "plan/graph.hpp"
#include "spec/load.hpp"

namespace unitgate {

struct Selection {
    LoadedSpecs loaded;       // of this host; empty for another one
    std::vector<Wish> wishes; // of kind start, in topological order
    Diagnostics problems;     // of the specs selected and the order they would start in
    const Spec* spec_of(const std::string& unit) const; // nullptr where there is none
};

// With `pulled_in` also the deploy units that the named ones want or require.
Result<Selection> select_units(Session& session, const Invocation& invocation, bool pulled_in);

} // namespace unitgate
