// SPDX-License-Identifier: MIT
#include "plan/graph.hpp"

#include <algorithm>

namespace unitgate {

namespace {

// 30 bits a unit: a host has some hundred.
std::uint64_t key_of(UnitId from, Relation relation, UnitId to) {
    return std::uint64_t{from} << 34 | std::uint64_t{to} << 4 | static_cast<std::uint64_t>(relation);
}

} // namespace

std::string_view relation_name(Relation relation) {
    switch (relation) {
    case Relation::after:
        return "After";
    case Relation::requires_:
        return "Requires";
    case Relation::requisite:
        return "Requisite";
    case Relation::wants:
        return "Wants";
    case Relation::binds_to:
        return "BindsTo";
    case Relation::part_of:
        return "PartOf";
    }
    return "?";
}

std::string Origin::text() const {
    if (path.empty()) return what;
    std::string out = path;
    if (line > 0) out += ':' + std::to_string(line);
    if (!what.empty()) out += ": " + what;
    return out;
}

UnitId Graph::unit(std::string_view name) {
    auto [at, is_new] = by_name_.try_emplace(std::string(name), size());
    if (is_new) {
        units_.emplace_back();
        units_.back().name = name;
    }
    return at->second;
}

void Graph::alias(std::string_view other, UnitId id) {
    by_name_.try_emplace(std::string(other), id);
}

const UnitId* Graph::find(std::string_view name) const {
    auto at = by_name_.find(std::string(name));
    return at == by_name_.end() ? nullptr : &at->second;
}

void Graph::add(UnitId from, Relation relation, UnitId to, Origin origin) {
    if (!said_.insert(key_of(from, relation, to)).second) return;
    units_[from].edges.push_back(static_cast<std::uint32_t>(edges_.size()));
    edges_.push_back({from, to, relation, std::move(origin)});
}

bool Graph::has(UnitId from, Relation relation, UnitId to) const {
    return said_.contains(key_of(from, relation, to));
}

std::vector<bool> start_jobs(const Graph& graph, const std::vector<UnitId>& roots) {
    std::vector<bool> has_job(graph.size(), false);
    std::vector<UnitId> open;
    auto enqueue = [&](UnitId id) {
        if (has_job[id] || graph[id].masked || !graph[id].exists) return;
        has_job[id] = true;
        open.push_back(id);
    };
    for (auto root : roots)
        enqueue(root);
    while (!open.empty()) {
        UnitId id = open.back();
        open.pop_back();
        for (auto index : graph[id].edges) {
            const Edge& edge = graph.edges()[index];
            if (edge.relation == Relation::requires_ || edge.relation == Relation::wants ||
                edge.relation == Relation::binds_to)
                enqueue(edge.to);
        }
    }
    return has_job;
}

} // namespace unitgate
