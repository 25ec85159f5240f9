// SPDX-License-Identifier: MIT
// The graph of a running host, as its manager has it: implicit and default dependencies are in what it says
// already. Read from the specs' units and the boot target outwards, through everything they are ordered after
// or pull in. Called by the verbs that talk to a manager; for the same host read_offline_graph leads to the
// same findings.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "plan/graph.hpp"
#include "spec/model.hpp"
#include "systemd/manager.hpp"

namespace unitgate {

// What the manager says of one unit.
struct LiveUnit {
    std::string load_state, fragment_path;
    std::vector<std::string> names;                                    // all, the first one is its own
    std::vector<std::pair<Relation, std::vector<std::string>>> others; // by relation
};
LiveUnit live_unit(const std::vector<BusProperty>& properties);

// Units by their own name, and what the specs say: a spec's line is the origin of what it says. Pure.
Graph make_live_graph(const std::map<std::string, LiveUnit>& units, std::span<const Spec> specs);

// Asks the manager, which must be up; `more` are further units to begin from. Runs the loop meanwhile.
Result<Graph> read_live_graph(Event& event, Manager& manager, std::span<const Spec> specs,
                              const std::vector<std::string>& more = {});

} // namespace unitgate
