// SPDX-License-Identifier: MIT
// What the graph says will go wrong, as diagnostics with stable codes: gate-deadlock, ordering-cycle,
// soft-cycle, server-not-started, unknown-unit. Pure; the same for a graph read offline and one read from the
// manager.
#pragma once

#include <span>
#include <vector>

#include "base/diagnostic.hpp"
#include "plan/graph.hpp"
#include "plan/waits.hpp"
#include "spec/model.hpp"

namespace unitgate {

// What is started together: the boot and `deploy.target`, and, for what `unitgate start` without a NAME does,
// every spec's unit.
struct Starts {
    std::vector<bool> boot, all;
};
Starts find_starts(const Graph& graph, std::span<const Spec> specs);

// `knows_units`: the graph holds the host's units, so a name without a unit is a finding.
Diagnostics find_problems(const Graph& graph, std::span<const Spec> specs, bool knows_units);

// The chain of one deadlock, a line a link, with the place that says so.
std::vector<std::string> describe_chain(const Graph& graph, const Deadlock& deadlock);

} // namespace unitgate
