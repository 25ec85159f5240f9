// SPDX-License-Identifier: MIT
// The active units of a running host that are ordered after one unit or that go down with it, as its manager
// has them: the other way round from systemd/live_graph, so that units without a spec are found too. Asks
// only. Called by `rehearse`.
#pragma once

#include <set>
#include <string>

#include "plan/graph.hpp"
#include "systemd/manager.hpp"

namespace unitgate {

struct Dependents {
    std::string unit; // its own name, where it was asked for by an alias
    Graph graph;
    std::set<std::string> active;
};

// The manager must be up. Runs the loop meanwhile.
Result<Dependents> read_dependents(Event& event, Manager& manager, const std::string& unit);

} // namespace unitgate
