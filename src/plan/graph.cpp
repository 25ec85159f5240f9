// SPDX-License-Identifier: MIT
#include "plan/graph.hpp"

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

bool brings_job(Relation relation) {
    return relation == Relation::requires_ || relation == Relation::wants || relation == Relation::binds_to;
}

std::string Origin::text() const {
    if (path.empty()) return what;
    std::string out = path.str();
    if (line > 0) out += ':' + std::to_string(line);
    if (!what.empty()) out += ": " + what;
    return out;
}

UnitId Graph::unit(std::string_view name) {
    if (auto at = by_name_.find(name); at != by_name_.end()) return at->second;
    UnitId id = size();
    by_name_.emplace(name, id);
    units_.emplace_back();
    units_.back().name = name;
    return id;
}

void Graph::reserve(std::size_t units, std::size_t edges) {
    units_.reserve(units_.size() + units);
    edges_.reserve(edges_.size() + edges);
    // Buckets and not reserve(): that rounds with ceil(), and libm alone would cost each run 350 KiB.
    if (by_name_.empty() && by_name_.bucket_count() < units) by_name_ = decltype(by_name_)(units);
    if (said_.empty() && said_.bucket_count() < edges) said_ = decltype(said_)(edges);
}

void Graph::alias(std::string_view other, UnitId id) {
    by_name_.try_emplace(std::string(other), id);
}

const UnitId* Graph::find(std::string_view name) const {
    auto at = by_name_.find(name);
    return at == by_name_.end() ? nullptr : &at->second;
}

void Graph::add(UnitId from, Relation relation, UnitId to, Origin origin) {
    if (from == to) return; // systemd drops it
    auto index = static_cast<std::uint32_t>(edges_.size());
    if (!said_.try_emplace(key_of(from, relation, to), index).second) return;
    units_[from].edges.push_back(index);
    edges_.push_back({from, to, relation, std::move(origin)});
}

const Edge* Graph::edge_between(UnitId from, Relation relation, UnitId to) const {
    auto at = said_.find(key_of(from, relation, to));
    return at == said_.end() ? nullptr : &edges_[at->second];
}

void Graph::take_origins(const Graph& other) {
    std::vector<const UnitId*> there;
    for (const Unit& unit : units_)
        there.push_back(other.find(unit.name));
    for (Edge& edge : edges_)
        if (const UnitId* from = there[edge.from], *to = there[edge.to]; from && to)
            if (const Edge* known = other.edge_between(*from, edge.relation, *to))
                edge.origin = known->origin;
}

namespace {

// `begin` and what it pulls in through the relations that `follows` has, transitively, where `may` allows it.
template <class Follows, class May>
std::vector<bool> reach(const Graph& graph, const std::vector<UnitId>& begin, Follows follows, May may) {
    std::vector<bool> reached(graph.size(), false);
    std::vector<UnitId> open;
    auto visit = [&](UnitId id) {
        if (reached[id] || !may(graph[id])) return;
        reached[id] = true;
        open.push_back(id);
    };
    for (auto id : begin)
        visit(id);
    while (!open.empty()) {
        UnitId id = open.back();
        open.pop_back();
        for (auto index : graph[id].edges)
            if (follows(graph.edges()[index].relation)) visit(graph.edges()[index].to);
    }
    return reached;
}

} // namespace

std::vector<bool> start_jobs(const Graph& graph, const std::vector<UnitId>& roots) {
    return reach(graph, roots, brings_job, [](const Unit& unit) { return unit.exists && !unit.masked; });
}

std::vector<bool> required_jobs(const Graph& graph, UnitId root) {
    return reach(
        graph, {root},
        [](Relation relation) {
            return relation == Relation::requires_ || relation == Relation::requisite ||
                   relation == Relation::binds_to;
        },
        [](const Unit&) { return true; });
}

} // namespace unitgate
