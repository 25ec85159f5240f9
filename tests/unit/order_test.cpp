// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "plan/from_specs.hpp"
#include "plan/order.hpp"
#include "report/plan_text.hpp"

using namespace unitgate;
using namespace std::chrono_literals;

namespace {

SourceRef file = std::make_shared<SourceFile>(SourceFile{"specs/x.toml", ""});

Spec spec_of(const std::string& name, std::vector<std::string> after) {
    Spec spec;
    spec.name = name;
    spec.unit.name = name + ".service";
    std::uint32_t line = 1;
    for (auto& unit : after)
        spec.unit.after.push_back({unit, {file.get(), line++, 1, 1}});
    return spec;
}

std::string waves(const Order& order) {
    std::string out;
    for (const auto& wave : order.waves) {
        for (auto i : wave)
            out += order.units[i].spec->name;
        out += '|';
    }
    for (auto i : order.in_cycle)
        out += "!" + order.units[i].spec->name;
    return out;
}

} // namespace

TEST_CASE(
    "deploy units are put into waves, through units without a spec too, and implied orderings are left out") {
    std::vector<Spec> specs = {spec_of("a", {"docker.service"}), spec_of("b", {"a.service"}),
                               spec_of("c", {"a.service", "b.service", "d.service"}),
                               spec_of("d", {"mid.target"})};
    Graph graph;
    add_specs(graph, specs);
    graph.add(graph.unit("mid.target"), Relation::after, graph.unit("a.service"),
              {"mid.target", 3, "After=a.service"});
    Order order = make_order(graph, specs, {{"a", 10s}, {"b", 1s}, {"d", 5s}});
    CHECK(waves(order) == "a|bd|c|");
    CHECK(order.units[2].after.size() == 2);
    CHECK(order.units[0].also_after == std::vector<std::string>{"docker.service"});
    CHECK(plan_text(graph, order) ==
          "wave 1\n  a.service, gate passed in 10s last time\n    after docker.service\n"
          "wave 2\n  b.service, gate passed in 1s last time\n    after a.service (specs/x.toml:1: after = "
          "a.service)\n"
          "  d.service, gate passed in 5s last time\n    after mid.target (specs/x.toml:1: after = "
          "mid.target), which is after a.service "
          "(mid.target:3: After=a.service)\n    after mid.target\n"
          "wave 3\n  c.service\n    after b.service (specs/x.toml:2: after = b.service)\n"
          "    after d.service (specs/x.toml:3: after = d.service)\n"
          "longest chain: a -> d -> c, 15s in gates when they last passed (1 not timed yet)\n");
    Json json = plan_json(graph, order);
    CHECK(json.get("waves").dump() == R"([["a"],["b","d"],["c"]])");
    CHECK(json.get("longest_usec").as_integer() == 15000000);
    CHECK(json.get("units").items()[0].get("gate_usec").as_integer() == 10000000);
    CHECK(json.get("units").items()[2].get("gate_usec").is_null());
    CHECK(plan_dot(graph, order).find("\"a.service\" -> \"d.service\"") != std::string::npos);
    CHECK(plan_dot(graph, order).find("\"a.service\" -> \"c.service\"") == std::string::npos);
    CHECK(plan_svg(graph, order).find(">d.service</text>") != std::string::npos);
}

TEST_CASE("units on an ordering cycle are in no wave and are said to be") {
    std::vector<Spec> specs = {spec_of("a", {"b.service"}), spec_of("b", {"a.service"}), spec_of("c", {}),
                               spec_of("d", {"a.service"}), spec_of("e", {"e.service"})};
    Graph graph;
    add_specs(graph, specs);
    Order order = make_order(graph, specs, {});
    CHECK(waves(order) == "ce|!a!b!d");
    CHECK(plan_text(graph, order).find("circular\n  a.service") != std::string::npos);
}
