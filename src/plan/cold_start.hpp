// SPDX-License-Identifier: MIT
// What has to be down for a unit to start as it does at a cold boot: the services that would still wait for
// it then. Pure. Called by `rehearse`.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plan/graph.hpp"

namespace unitgate {

struct ColdStart {
    // Active services ordered after the unit, also through other active units, in the order in which they
    // start; to be stopped from the back. Never the unit itself, and never the caller's.
    std::vector<std::string> services;
    // Active units that systemd stops with the unit or with one of those, as they require it or are part of
    // it; in start order.
    std::vector<std::string> drawn_in;
    bool caller_is_after = false;   // left alone: the caller's unit is ordered after it
    bool takes_caller_down = false; // systemd would stop the caller's unit with them

    // All that is to be put back, in start order.
    std::vector<std::string> all() const;
};

// `graph` has the active units around `unit` as the manager knows them; `caller` may be empty.
ColdStart plan_cold_start(const Graph& graph, const std::set<std::string>& active, std::string_view unit,
                          std::string_view caller);

} // namespace unitgate
