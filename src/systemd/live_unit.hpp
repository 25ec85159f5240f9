// SPDX-License-Identifier: MIT
// What a manager says of one unit, as far as the graph and the findings need it. A plain value, filled from
// D-Bus properties (org.freedesktop.systemd1(5)). Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "io/bus_message.hpp"
#include "plan/graph.hpp"

namespace unitgate {

struct LiveUnit {
    std::string load_state, fragment_path;
    bool needs_reload = false; // the manager has noticed that a file of it changed since it was loaded
    std::vector<std::string> drop_ins; // their paths
    // Of a service that was asked about in detail.
    std::string type;                                                  // "notify", "oneshot", ...
    std::optional<Duration> start_timeout;                             // Duration::max(): none
    std::vector<std::string> names;                                    // all, the first one is its own
    std::vector<std::pair<Relation, std::vector<std::string>>> others; // by relation
    std::vector<std::string> later;     // those ordered after it, as far as they are loaded
    std::vector<std::string> needed_by; // those that want, require or are bound to it, or are part of it
};
// Without names where `properties` are not those of a unit.
LiveUnit live_unit(const std::vector<BusProperty>& properties);
// What was asked in detail: the properties of a service.
void add_details(LiveUnit& unit, const std::vector<BusProperty>& properties);
using LiveUnits = std::map<std::string, LiveUnit>; // by their own name

} // namespace unitgate
