// SPDX-License-Identifier: MIT
#include "report/plan_text.hpp"

namespace unitgate {

namespace {

// "after deploy-proxy.service (specs/site.toml:9: after = deploy-proxy.service)", through others if need be.
std::string reason(const Graph& graph, const OrderEdge& edge) {
    std::string out;
    for (const Wait& link : edge.links) {
        if (!out.empty()) out += ", which is ";
        out += "after " + graph[link.awaited].name;
        if (std::string origin = graph.edges()[link.index].origin.text(); !origin.empty())
            out += " (" + origin + ")";
    }
    return out;
}

Json names(const Order& order, const std::vector<std::size_t>& indices) {
    Json list = Json::array();
    for (auto i : indices)
        list.push(order.units[i].spec->name);
    return list;
}

} // namespace

std::string plan_text(const Graph& graph, const Order& order) {
    std::string out;
    auto add = [&](std::size_t i) {
        const OrderUnit& unit = order.units[i];
        out += "  " + graph[unit.id].name +
               (unit.took ? ", gate passed in " + format_duration(*unit.took) + " last time" : "") + "\n";
        for (const auto& edge : unit.after)
            out += "    " + reason(graph, edge) + "\n";
        for (const auto& name : unit.also_after)
            out += "    after " + name + "\n";
    };
    for (std::size_t wave = 0; wave < order.waves.size(); ++wave) {
        out += "wave " + std::to_string(wave + 1) + "\n";
        for (auto i : order.waves[wave])
            add(i);
    }
    if (!order.in_cycle.empty()) {
        out += "in no wave, because their ordering is circular\n";
        for (auto i : order.in_cycle)
            add(i);
    }
    if (order.longest.size() > 1) {
        out += "longest chain: ";
        for (std::size_t k = 0; k < order.longest.size(); ++k)
            out += (k ? " -> " : "") + order.units[order.longest[k]].spec->name;
        std::size_t known = 0;
        for (auto i : order.longest)
            known += order.units[i].took.has_value();
        if (known > 0) out += ", " + format_duration(order.longest_takes) + " in gates when they last passed";
        if (known < order.longest.size())
            out += known == 0 ? ", none of their gates has been timed yet"
                              : " (" + std::to_string(order.longest.size() - known) + " not timed yet)";
        out += "\n";
    }
    return out;
}

Json plan_json(const Graph& graph, const Order& order) {
    Json waves = Json::array(), units = Json::array();
    for (const auto& wave : order.waves)
        waves.push(names(order, wave));
    for (const auto& unit : order.units) {
        Json after = Json::array();
        for (const auto& edge : unit.after) {
            Json links = Json::array();
            for (const Wait& link : edge.links) {
                const Origin& origin = graph.edges()[link.index].origin;
                links.push(Json::object()
                               .set("unit", graph[link.waiter].name)
                               .set("after", graph[link.awaited].name)
                               .set("path", text_or_null(origin.path.str()))
                               .set("line", origin.line ? Json(std::int64_t{origin.line}) : Json())
                               .set("what", origin.what));
            }
            after.push(Json::object().set("name", order.units[edge.before].spec->name).set("links", links));
        }
        units.push(Json::object()
                       .set("name", unit.spec->name)
                       .set("unit", graph[unit.id].name)
                       .set("gate_usec", unit.took ? Json(std::int64_t{unit.took->count()}) : Json())
                       .set("after", after)
                       .set("also_after", json_list(unit.also_after)));
    }
    return Json::object()
        .set("waves", waves)
        .set("in_cycle", names(order, order.in_cycle))
        .set("longest", names(order, order.longest))
        .set("longest_usec", static_cast<std::int64_t>(order.longest_takes.count()))
        .set("units", units);
}

} // namespace unitgate
