// SPDX-License-Identifier: MIT
// The deploy units alone, in the waves they start in: every ordering between two of them, also one that leads
// through targets and other units, with the links it is made of. What `plan` shows and `start` goes by. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "plan/graph.hpp"
#include "plan/waits.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct OrderEdge {
    std::size_t before = 0;  // index into Order::units of the one waited for
    std::vector<Wait> links; // from the waiting unit to that one
};

struct OrderUnit {
    const Spec* spec = nullptr;
    UnitId id = 0;
    std::vector<OrderEdge> after;        // direct ones only: not those that another of them implies
    std::vector<std::string> also_after; // units without a spec that it is ordered after itself
    std::optional<Duration> took;        // how long its gate took when it last passed; unknown: none
};

struct Order {
    std::vector<OrderUnit> units;                // by name
    std::vector<std::vector<std::size_t>> waves; // indices into units
    std::vector<std::size_t> in_cycle;           // in no wave: on an ordering cycle, or after one
    // The chain that takes longest by the times given, first to last; all units count, unknown times as
    // nothing.
    std::vector<std::size_t> longest;
    Duration longest_takes{0};
};

// `took` by spec name: how long its gate took when it last passed.
Order make_order(const Graph& graph, std::span<const Spec> specs,
                 const std::map<std::string, Duration>& took);

} // namespace unitgate
