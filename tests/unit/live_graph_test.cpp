// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "plan/findings.hpp"
#include "systemd/live_graph.hpp"

using namespace unitgate;

namespace {

using Texts = std::vector<std::string>;

std::vector<BusProperty> unit(const std::string& id, Texts after = {}, Texts wants = {},
                              Texts other_names = {}) {
    other_names.push_back(id);
    return {{"Id", id},
            {"Names", other_names},
            {"LoadState", std::string("loaded")},
            {"FragmentPath", "/units/" + id},
            {"After", std::move(after)},
            {"Wants", std::move(wants)}};
}

std::map<std::string, LiveUnit> live(const std::vector<std::vector<BusProperty>>& all) {
    std::map<std::string, LiveUnit> units;
    for (const auto& properties : all) {
        LiveUnit one = live_unit(properties);
        units[one.names[0]] = one;
    }
    return units;
}

Spec spec(const std::string& name, const std::string& serves, const std::string& asks) {
    Spec one;
    one.name = name;
    one.unit.name = "deploy-" + name + ".service";
    one.unit.wanted_by = {{"deploy.target", {}}};
    one.serves = {{serves, {}}};
    HttpProbe probe;
    probe.url = asks;
    one.gate.probes = {{"probe-1", {}, probe}};
    return one;
}

} // namespace

TEST_CASE("an ordering that only the manager knows makes a deadlock, and the chain says where it is from") {
    std::vector<Spec> specs{spec("proxy", "https://traefik.example/", "https://ci.example/"),
                            spec("site", "https://ci.example/", "https://ci.example/")};
    auto units =
        live({unit("deploy-proxy.service"), unit("deploy-site.service", {"late.target"}),
              unit("late.target", {"deploy-proxy.service"}),
              unit("deploy.target", {}, {"deploy-proxy.service", "deploy-site.service", "late.target"})});
    auto found = find_problems(make_live_graph(units, specs), specs, false);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "gate-deadlock");
    bool told = false;
    for (const auto& note : found[0].notes)
        told = told || note.find("/units/deploy-site.service: After=late.target (live)") != std::string::npos;
    CHECK(told);
}

TEST_CASE("another name of a unit stands for it in the live graph") {
    auto units = live({unit("multi-user.target", {}, {"b.service"}, {"default.target"}), unit("b.service")});
    Graph graph = make_live_graph(units, {});
    REQUIRE(graph.find("default.target"));
    CHECK(*graph.find("default.target") == *graph.find("multi-user.target"));
}

TEST_CASE("masked and missing units are told apart in the live graph") {
    auto masked = unit("m.service");
    masked[2].value = std::string("masked");
    auto missing = unit("n.service");
    missing[2].value = std::string("not-found");
    auto units = live({masked, missing, unit("o.service")});
    Graph graph = make_live_graph(units, {});
    CHECK(graph[*graph.find("m.service")].masked);
    CHECK_FALSE(graph[*graph.find("n.service")].masked);
    CHECK_FALSE(graph[*graph.find("n.service")].exists);
    CHECK(graph[*graph.find("o.service")].exists);
}

TEST_CASE("properties of a unit are taken over one by one and the others stay") {
    UnitState state;
    update(state, {{"ActiveState", std::string("activating")},
                   {"Job", std::uint64_t{12}},
                   {"InvocationID", std::vector<std::uint8_t>{0x0a, 0xff}},
                   {"TimeoutStartUSec", ~std::uint64_t{0}},
                   {"LoadError", Texts{"org.x", "no such file"}}});
    update(state, {{"ActiveState", std::string("active")}, {"StatusText", std::uint64_t{3}}});
    CHECK(state.active_state == "active");
    CHECK(state.job == 12);
    CHECK(state.invocation_id == "0aff");
    CHECK(state.start_timeout == Duration::max());
    CHECK(state.load_error == "no such file");
    CHECK(state.status_text.empty());
}
