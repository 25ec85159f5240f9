// SPDX-License-Identifier: MIT
// Who waits for whom when everything is started at once, and where that bites its own tail.
//
// Two moments of a unit matter: its job *begins* (then it deploys, and what it serves answers) and its job is
// *done* (its gate has passed). A job begins once every unit it is ordered after and that has a job is done.
// A gate passes once every server it asks has begun, or is done for a `unit` probe. All these must hold, so a
// unit is stuck for good exactly when its waits lead round in a circle. A circle with a gate in it is a gate
// deadlock: systemd cannot see it and a cold boot waits out the deadline. One of ordering alone systemd
// breaks itself, by dropping a job.
#pragma once

#include <vector>

#include "plan/graph.hpp"

namespace unitgate {

// One link of a chain: `waiter` cannot go on before `awaited`.
struct Wait {
    UnitId waiter = 0, awaited = 0;
    bool by_gate = false;  // its gate asks `awaited`; else it is ordered after it
    std::size_t index = 0; // of the Need of the waiter, or of the Edge of the graph
};

struct Deadlock {
    UnitId unit = 0;         // whose gate can never pass
    std::size_t need = 0;    // the probe, as index into its needs
    std::vector<Wait> chain; // from the gate, link by link, back to `unit`
};

// Every probe that can never pass on a cold start because of its own unit; ordered by unit and probe.
// Linear in the size of the graph, but for the chains.
std::vector<Deadlock> find_deadlocks(const Graph& graph, const std::vector<bool>& has_job);

// The units with a gate whose ordering alone is circular, in the order of their names: of each the shortest
// circle of After= links that begins with it, unless it is in one that was told before.
std::vector<std::vector<Wait>> find_gated_cycles(const Graph& graph, const std::vector<bool>& has_job);

// The units in waves: those of wave N are ordered only after units of the waves before. Units on an ordering
// cycle, and what is ordered after them, are in none. Only units with a job are placed.
std::vector<std::vector<UnitId>> find_waves(const Graph& graph, const std::vector<bool>& has_job);

} // namespace unitgate
