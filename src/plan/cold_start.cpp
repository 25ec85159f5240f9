// SPDX-License-Identifier: MIT
#include "plan/cold_start.hpp"

#include <algorithm>

#include "plan/waits.hpp"

namespace unitgate {

namespace {

bool is_stopped_with(Relation relation) {
    return relation == Relation::requires_ || relation == Relation::requisite ||
           relation == Relation::binds_to || relation == Relation::part_of;
}

// Whatever leads to one of `reached` by edges that `counts` takes, through units that are `active`.
template <class Counts>
void reach_back(const Graph& graph, const std::vector<bool>& active, Counts counts,
                std::vector<bool>& reached) {
    std::vector<std::vector<UnitId>> back(graph.size());
    for (const Edge& edge : graph.edges())
        if (counts(edge.relation)) back[edge.to].push_back(edge.from);
    std::vector<UnitId> open;
    for (UnitId id = 0; id < graph.size(); ++id)
        if (reached[id]) open.push_back(id);
    while (!open.empty()) {
        UnitId id = open.back();
        open.pop_back();
        for (UnitId from : back[id])
            if (active[from] && !reached[from]) {
                reached[from] = true;
                open.push_back(from);
            }
    }
}

// First those that wait for none of the others; on an ordering cycle by their names.
std::vector<std::string> in_start_order(const Graph& graph, const std::vector<bool>& chosen,
                                        const std::vector<bool>& active) {
    std::vector<std::string> names;
    std::vector<bool> left = chosen;
    for (const auto& wave : find_waves(graph, active))
        for (UnitId id : wave)
            if (left[id]) {
                left[id] = false;
                names.push_back(graph[id].name);
            }
    std::size_t placed = names.size();
    for (UnitId id = 0; id < graph.size(); ++id)
        if (left[id]) names.push_back(graph[id].name);
    std::sort(names.begin() + static_cast<std::ptrdiff_t>(placed), names.end());
    return names;
}

} // namespace

std::vector<std::string> ColdStart::all() const {
    std::vector<std::string> units = services;
    units.insert(units.end(), drawn_in.begin(), drawn_in.end());
    return units;
}

ColdStart plan_cold_start(const Graph& graph, const std::set<std::string>& active, std::string_view unit,
                          std::string_view caller) {
    ColdStart plan;
    const UnitId* root = graph.find(unit);
    if (!root) return plan;
    std::vector<bool> is_active(graph.size());
    for (UnitId id = 0; id < graph.size(); ++id)
        is_active[id] = active.contains(graph[id].name);

    std::vector<bool> after(graph.size());
    after[*root] = true;
    reach_back(
        graph, is_active, [](Relation relation) { return relation == Relation::after; }, after);
    std::vector<bool> stopped(graph.size());
    for (UnitId id = 0; id < graph.size(); ++id) {
        if (!after[id] || id == *root || !graph[id].name.ends_with(".service")) continue;
        if (graph[id].name == caller)
            plan.caller_is_after = true;
        else
            stopped[id] = true;
    }
    plan.services = in_start_order(graph, stopped, is_active);

    std::vector<bool> down = stopped;
    down[*root] = true;
    reach_back(graph, is_active, is_stopped_with, down);
    for (UnitId id = 0; id < graph.size(); ++id) {
        if (down[id] && graph[id].name == caller) plan.takes_caller_down = true;
        if (stopped[id] || id == *root) down[id] = false;
    }
    plan.drawn_in = in_start_order(graph, down, is_active);
    return plan;
}

} // namespace unitgate
