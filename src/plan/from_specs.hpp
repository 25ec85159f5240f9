// SPDX-License-Identifier: MIT
// What the specs say, as units and edges of a graph: [unit], the links of the generator, the default
// dependencies of a service, and what each gate asks of whom.
#pragma once

#include <span>

#include "plan/graph.hpp"
#include "spec/model.hpp"

namespace unitgate {

void add_specs(Graph& graph, std::span<const Spec> specs);

// What systemd adds on its own: a target is ordered after what it wants or requires, unless that is ordered
// after the target already, or one of the two refuses default dependencies (systemd.target(5)). To be called
// once all units and edges are there. `no_defaults` by UnitId; may be shorter than the graph.
void add_target_ordering(Graph& graph, const std::vector<bool>& no_defaults = {});

} // namespace unitgate
