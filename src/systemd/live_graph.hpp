// SPDX-License-Identifier: MIT
// The graph of a running host, as its manager has it: implicit and default dependencies are in what it says
// already. Read from the specs' units and the boot target outwards, through everything they are ordered after
// or pull in. Called by the verbs that talk to a manager; for the same host read_offline_graph leads to the
// same findings.
#pragma once

#include <map>
#include <optional>
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
    bool needs_reload = false; // the manager has noticed that a file of it changed since it was loaded
    std::vector<std::string> drop_ins; // their paths
    // Of a service that was asked about in detail.
    std::string type;                                                  // "notify", "oneshot", ...
    std::optional<Duration> start_timeout;                             // Duration::max(): none
    std::vector<std::string> names;                                    // all, the first one is its own
    std::vector<std::pair<Relation, std::vector<std::string>>> others; // by relation
};
LiveUnit live_unit(const std::vector<BusProperty>& properties);
using LiveUnits = std::map<std::string, LiveUnit>; // by their own name

// What the specs say: a spec's line is the origin of what it says. Pure.
Graph make_live_graph(const LiveUnits& units, std::span<const Spec> specs);

// Asks the manager, which must be up; in detail about the services that the specs name, their own among them.
// `more` are further units to begin from. Runs the loop meanwhile.
Result<LiveUnits> read_live_units(Event& event, Manager& manager, std::span<const Spec> specs,
                                  const std::vector<std::string>& more = {});

// The graph of these. `more` are further units to begin from. Runs the loop meanwhile.
Result<Graph> read_live_graph(Event& event, Manager& manager, std::span<const Spec> specs,
                              const std::vector<std::string>& more = {});

} // namespace unitgate
