// SPDX-License-Identifier: MIT
#include "plan/order.hpp"

#include <algorithm>
#include <optional>
#include <queue>
#include <unordered_map>

namespace unitgate {

namespace {

// Each deploy unit that `start` is ordered after, by the shortest way that leads through no other deploy
// unit.
std::vector<OrderEdge> nearest_deploy_units(const Graph& graph, UnitId start,
                                            const std::unordered_map<UnitId, std::size_t>& index) {
    std::unordered_map<UnitId, Wait> reached_by;
    std::queue<UnitId> open;
    std::vector<OrderEdge> found;
    open.push(start);
    while (!open.empty()) {
        UnitId id = open.front();
        open.pop();
        for (auto edge_index : graph[id].edges) {
            const Edge& edge = graph.edges()[edge_index];
            if (edge.relation != Relation::after) continue;
            if (edge.to != start &&
                !reached_by.try_emplace(edge.to, Wait{id, edge.to, false, edge_index}).second)
                continue;
            auto deploy_unit = index.find(edge.to);
            if (deploy_unit == index.end()) {
                open.push(edge.to);
                continue;
            }
            OrderEdge one{deploy_unit->second, {{id, edge.to, false, edge_index}}};
            for (UnitId back = id; back != start; back = one.links.back().waiter)
                one.links.push_back(reached_by.at(back));
            std::reverse(one.links.begin(), one.links.end());
            found.push_back(std::move(one));
        }
    }
    return found;
}

void find_order_waves(Order& order) {
    std::vector<std::size_t> waits(order.units.size(), 0);
    std::vector<std::vector<std::size_t>> later(order.units.size());
    for (std::size_t i = 0; i < order.units.size(); ++i)
        for (const auto& edge : order.units[i].after) {
            later[edge.before].push_back(i);
            ++waits[i];
        }
    std::vector<std::size_t> wave;
    for (std::size_t i = 0; i < order.units.size(); ++i)
        if (waits[i] == 0) wave.push_back(i);
    std::vector<bool> placed(order.units.size(), false);
    while (!wave.empty()) {
        std::vector<std::size_t> next;
        for (auto i : wave) {
            placed[i] = true;
            for (auto other : later[i])
                if (--waits[other] == 0) next.push_back(other);
        }
        std::sort(next.begin(), next.end());
        order.waves.push_back(std::move(wave));
        wave = std::move(next);
    }
    for (std::size_t i = 0; i < order.units.size(); ++i)
        if (!placed[i]) order.in_cycle.push_back(i);
}

// Drops an ordering that the others imply: it would only clutter the picture. Ancestors are sets of bits.
void drop_implied(Order& order) {
    std::size_t count = order.units.size();
    std::vector<std::vector<bool>> before(count, std::vector<bool>(count, false));
    for (const auto& wave : order.waves)
        for (auto i : wave) {
            auto& edges = order.units[i].after;
            auto implied = [&](const OrderEdge& edge) {
                return std::any_of(edges.begin(), edges.end(), [&](const OrderEdge& other) {
                    return other.before != edge.before && before[other.before][edge.before];
                });
            };
            std::vector<OrderEdge> kept;
            for (auto& edge : edges) {
                auto& mine = before[i];
                mine[edge.before] = true;
                for (std::size_t k = 0; k < count; ++k)
                    if (before[edge.before][k]) mine[k] = true;
                if (!implied(edge)) kept.push_back(edge);
            }
            edges = std::move(kept);
        }
}

void find_longest(Order& order) {
    std::vector<Duration> ends(order.units.size(), Duration(0));
    std::vector<std::size_t> length(order.units.size(), 0);
    std::vector<std::optional<std::size_t>> from(order.units.size());
    std::optional<std::size_t> last;
    for (const auto& wave : order.waves)
        for (auto i : wave) {
            for (const auto& edge : order.units[i].after)
                if (!from[i] || std::pair(ends[edge.before], length[edge.before]) >
                                    std::pair(ends[*from[i]], length[*from[i]]))
                    from[i] = edge.before;
            ends[i] = (from[i] ? ends[*from[i]] : Duration(0)) + order.units[i].took.value_or(Duration(0));
            length[i] = from[i] ? length[*from[i]] + 1 : 1;
            if (!last || std::pair(ends[i], length[i]) > std::pair(ends[*last], length[*last])) last = i;
        }
    if (!last) return;
    order.longest_takes = ends[*last];
    for (std::optional<std::size_t> i = last; i; i = from[*i])
        order.longest.push_back(*i);
    std::reverse(order.longest.begin(), order.longest.end());
}

} // namespace

Order make_order(const Graph& graph, std::span<const Spec> specs,
                 const std::map<std::string, Duration>& took) {
    Order order;
    std::unordered_map<UnitId, std::size_t> index;
    for (const Spec& spec : specs)
        if (const UnitId* id = graph.find(spec.unit.name)) {
            index.emplace(*id, order.units.size());
            auto known = took.find(spec.name);
            order.units.push_back(
                {&spec, *id, {}, {}, known == took.end() ? std::nullopt : std::optional(known->second)});
        }
    for (auto& unit : order.units) {
        unit.after = nearest_deploy_units(graph, unit.id, index);
        for (const auto& name : unit.spec->unit.after)
            if (const UnitId* id = graph.find(name.value); id && !index.contains(*id))
                unit.also_after.push_back(name.value);
    }
    find_order_waves(order);
    // A bit for each pair is too much for a picture that nobody could read anyway.
    if (order.units.size() <= 2000) drop_implied(order);
    find_longest(order);
    return order;
}

} // namespace unitgate
