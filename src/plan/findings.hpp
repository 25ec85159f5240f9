// SPDX-License-Identifier: MIT
// What the graph says will go wrong, as findings: gate-deadlock, ordering-cycle, soft-cycle,
// server-not-started, unknown-unit, listener-deadlock. Pure; the same, in the same order, for a graph read
// offline and one read from the manager. Codes and severities: base/finding_codes.
#pragma once

#include <span>
#include <vector>

#include "base/diagnostic.hpp"
#include "plan/graph.hpp"
#include "plan/waits.hpp"
#include "spec/model.hpp"

namespace unitgate {

// `knows_units`: the graph holds the host's units, so a name without a unit is a finding.
Diagnostics find_problems(const Graph& graph, std::span<const Spec> specs, bool knows_units);

// Who listens now where a probe of a gate connects: the unit that the process runs in.
struct Listening {
    const Spec* spec = nullptr;
    const Probe* probe = nullptr;
    std::string address; // "127.0.0.1:443"
    std::string unit;
    int process = 0;
};
// Deadlocks that only show with these, as warnings: another process may listen there tomorrow.
Diagnostics find_listener_problems(Graph graph, std::span<const Spec> specs,
                                   std::span<const Listening> listening);

// The chain of one deadlock, a line a link, with the place that says so.
std::vector<std::string> describe_chain(const Graph& graph, const Deadlock& deadlock);

} // namespace unitgate
