// SPDX-License-Identifier: MIT
// The graph of a running host, as its manager has it: implicit and default dependencies are in what it says
// already. Read from the specs' units and the boot target outwards; see systemd/live_walk for how far. Called
// by the verbs that talk to a manager; for the same host read_offline_graph leads to the same findings.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "plan/graph.hpp"
#include "spec/model.hpp"
#include "systemd/live_unit.hpp"
#include "systemd/live_walk.hpp"
#include "systemd/manager.hpp"

namespace unitgate {

// What the specs say: a spec's line is the origin of what it says. Pure.
Graph make_live_graph(const LiveUnits& units, std::span<const Spec> specs);

// Asks the manager, which must be up; in detail about the services that the specs name, their own among them.
// `more` are further units to begin from. Where not all that the boot needs can be kept loaded, the extent is
// the whole. Runs the loop meanwhile. `meanwhile` is called once, when the manager has enough questions to be
// busy with: what else is to be read costs no time then.
Result<LiveUnits> read_live_units(Event& event, Manager& manager, std::span<const Spec> specs,
                                  const std::vector<std::string>& more, Extent extent,
                                  const std::function<void()>& meanwhile = [] {});

// The graph of these.
Result<Graph> read_live_graph(Event& event, Manager& manager, std::span<const Spec> specs,
                              const std::vector<std::string>& more, Extent extent);

} // namespace unitgate
