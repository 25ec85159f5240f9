// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "plan/from_specs.hpp"
#include "plan/serves.hpp"
#include "plan/waits.hpp"

using namespace unitgate;

namespace {

Spec spec_of(const std::string& name, std::vector<std::string> serves, std::vector<std::string> after = {}) {
    Spec spec;
    spec.name = name;
    spec.unit.name = "deploy-" + name + ".service";
    for (auto& url : serves)
        spec.serves.push_back({url, {}});
    for (auto& unit : after)
        spec.unit.after.push_back({unit, {}});
    spec.unit.wanted_by.push_back({"deploy.target", {}});
    return spec;
}

Probe http(const std::string& url, std::optional<SocketAddress> connect = {}) {
    HttpProbe probe;
    probe.url = url;
    probe.connect = connect;
    return {"probe-1", {}, probe};
}

std::string servers(const std::vector<Spec>& specs, const Probe& probe) {
    std::string out;
    for (const auto& server : ServesIndex(specs).servers_of(probe))
        out += (out.empty() ? "" : " ") + server.spec->name;
    return out;
}

} // namespace

TEST_CASE("the longest prefix of whole path segments says who serves a URL") {
    std::vector<Spec> specs = {
        spec_of("site", {"https://ci.example.net/"}), spec_of("api", {"https://ci.example.net/api"}),
        spec_of("plain", {"http://ci.example.net/", "https://other.example.net:8443/x/"})};
    CHECK(servers(specs, http("https://ci.example.net/")) == "site");
    CHECK(servers(specs, http("https://CI.example.net:443/apis?x=1")) == "site");
    CHECK(servers(specs, http("https://ci.example.net/api")) == "api");
    CHECK(servers(specs, http("https://ci.example.net/api/v1")) == "api");
    CHECK(servers(specs, http("http://ci.example.net/api")) == "plain");
    CHECK(servers(specs, http("https://other.example.net:8443/x")) == "plain");
    CHECK(servers(specs, http("https://other.example.net/x")) == "");
    CHECK(servers(specs, http("https://other.example.net:8443/")) == "");
}

TEST_CASE("who listens where a probe connects is asked too") {
    std::vector<Spec> specs = {spec_of("proxy", {}), spec_of("site", {"https://ci.example.net/"})};
    specs[0].listens = {{{"127.0.0.1", 443}, {}}, {{"0.0.0.0", 80}, {}}};
    CHECK(servers(specs, http("https://ci.example.net/", SocketAddress{"127.0.0.1", 443})) == "site proxy");
    CHECK(servers(specs, http("http://127.0.0.1/")) == "proxy");
    CHECK(servers(specs, http("http://localhost/")) == "proxy");
    CHECK(servers(specs, http("http://10.0.0.1/")) == "");
    CHECK(servers(specs, {"t", {}, TcpProbe{{"127.0.0.1", 443}}}) == "proxy");
    CHECK(servers(specs, {"t", {}, TcpProbe{{"127.0.0.1", 444}}}) == "");
    CHECK(servers(specs, {"t", {}, TcpProbe{{"::ffff:127.0.0.1", 80}}}) == "proxy");
    CHECK(servers(specs, {"u", {}, UnixProbe{"/run/x.sock"}}) == "");
}

TEST_CASE("a gRPC probe is served like a URL, a swarm probe by whoever deploys the stack") {
    std::vector<Spec> specs = {spec_of("search", {"https://search.example.net:8443/"}), spec_of("proxy", {}),
                               spec_of("web", {}), spec_of("web-old", {})};
    specs[0].listens = {{{"127.0.0.1", 50051}, {}}};
    specs[1].app = "traefik";
    specs[2].deploy.command = {"docker", "stack", "deploy", "-c", "compose.yml", "my_web"};
    specs[2].app = "traefik_x";
    specs[3].app = "my";
    GrpcProbe grpc;
    grpc.url = "https://search.example.net:8443";
    CHECK(servers(specs, {"g", {}, grpc}) == "search");
    grpc.url = "http://127.0.0.1:50051";
    CHECK(servers(specs, {"g", {}, grpc}) == "search");
    grpc.socket = "/run/search.sock"; // then the address of the URL is not where it connects
    CHECK(servers(specs, {"g", {}, grpc}) == "");

    auto of_stack = [&](const std::string& service) {
        return servers(specs, {"s", {}, SwarmProbe{service}});
    };
    CHECK(of_stack("traefik_app") == "proxy");
    CHECK(of_stack("my_web_app") == "web"); // the longest name of a stack
    CHECK(of_stack("my_db") == "web-old");
    CHECK(of_stack("traefik_x_app") == "proxy"); // what its command names counts, not its app
    CHECK(of_stack("traefik") == "");
    CHECK(of_stack("other_app") == "");

    for (decltype(Probe::check) check : {decltype(Probe::check)(ExecProbe{{"traefik_app"}}),
                                         decltype(Probe::check)(FileProbe{"/traefik_app", {}}),
                                         decltype(Probe::check)(DnsProbe{"search.example.net", {}})})
        CHECK(servers(specs, {"x", {}, check}) == "");
}

TEST_CASE("a gate on a stack that a later unit deploys is a deadlock") {
    std::vector<Spec> specs = {spec_of("proxy", {}), spec_of("dashboard", {}, {"deploy-proxy.service"})};
    specs[1].app = "dashboard";
    specs[0].gate.probes = {{"page", {}, SwarmProbe{"dashboard_app"}}};
    Graph graph;
    graph[graph.unit("deploy.target")].exists = true;
    add_specs(graph, specs);
    add_target_ordering(graph);
    auto found = find_deadlocks(graph, start_jobs(graph, {*graph.find("deploy.target")}));
    REQUIRE(found.size() == 1);
    CHECK(graph[found[0].unit].name == "deploy-proxy.service");
    CHECK(graph[*graph.find("deploy-proxy.service")].needs[0].target == "swarm dashboard_app");
}

TEST_CASE("the seed's night: the old gate of the proxy is a deadlock, the new one is none") {
    for (bool old_gate : {true, false}) {
        std::vector<Spec> specs = {
            spec_of("proxy", {"https://traefik.ci.example.net/"}, {"docker.service"}),
            spec_of("dashboard", {"https://ci.example.net/"}, {"deploy-proxy.service"})};
        specs[0].gate.probes = {
            http(old_gate ? "https://ci.example.net/" : "https://traefik.ci.example.net/api/version")};
        specs[1].gate.probes = {http("https://ci.example.net/")};
        Graph graph;
        graph[graph.unit("deploy.target")].exists = true;
        add_specs(graph, specs);
        add_target_ordering(graph);
        auto jobs = start_jobs(graph, {*graph.find("deploy.target")});
        auto found = find_deadlocks(graph, jobs);
        if (old_gate) {
            REQUIRE(found.size() == 1);
            CHECK(graph[found[0].unit].name == "deploy-proxy.service");
            REQUIRE(found[0].chain.size() == 2);
            CHECK(graph[found[0].chain[0].awaited].name == "deploy-dashboard.service");
        } else {
            CHECK(found.empty());
        }
    }
}

namespace {

// The deadlocks of specs that are all started: "UNIT>UNIT..." a chain, '?' for what a gate waits for.
std::string deadlocks(const std::vector<Spec>& specs) {
    Graph graph;
    graph[graph.unit("deploy.target")].exists = true;
    add_specs(graph, specs);
    for (const Spec& spec : specs) // what the probes name is there, and started
        for (const Probe& probe : spec.gate.probes)
            if (const auto* unit = std::get_if<UnitProbe>(&probe.check)) {
                UnitId id = graph.unit(unit->unit);
                graph[id].exists = true;
                graph.add(graph.unit("deploy.target"), Relation::wants, id, {});
            }
    add_target_ordering(graph);
    std::string out;
    for (const auto& one : find_deadlocks(graph, start_jobs(graph, {*graph.find("deploy.target")}))) {
        out += (out.empty() ? "" : " ") + graph[one.unit].name;
        for (const Wait& wait : one.chain)
            out += (wait.by_gate ? "?" : ">") + graph[wait.awaited].name;
    }
    return out;
}

Spec waiting_for(const std::string& name, const std::string& unit, std::vector<std::string> after = {}) {
    Spec spec = spec_of(name, {}, std::move(after));
    spec.gate.probes = {{"probe-1", {}, UnitProbe{unit}}};
    return spec;
}

} // namespace

TEST_CASE("the server of a unit probe is that unit itself, and it must be active, not just begun") {
    Graph graph;
    std::vector<Spec> specs{waiting_for("a", "deploy-b.service"), spec_of("b", {})};
    add_specs(graph, specs);
    const auto& needs = graph[*graph.find("deploy-a.service")].needs;
    REQUIRE(needs.size() == 1);
    CHECK(graph[needs[0].server].name == "deploy-b.service");
    CHECK(needs[0].until_active);
    CHECK(needs[0].target == "unit deploy-b.service");

    CHECK(deadlocks({waiting_for("a", "deploy-b.service"), spec_of("b", {})}) == "");
    CHECK(deadlocks({waiting_for("a", "docker.service")}) == ""); // without a spec
    CHECK(deadlocks({waiting_for("a", "deploy-b.service", {"deploy-b.service"}), spec_of("b", {})}) == "");
    CHECK(deadlocks({waiting_for("a", "deploy-b.service"), spec_of("b", {}, {"deploy-a.service"})}) ==
          "deploy-a.service?deploy-b.service>deploy-a.service");
    CHECK(deadlocks({waiting_for("a", "deploy-a.service")}) == "deploy-a.service?deploy-a.service");
    // An app answers as soon as it is deployed, but a unit is active only once its own gate has passed.
    CHECK(deadlocks({waiting_for("a", "deploy-b.service"), waiting_for("b", "deploy-a.service")}) ==
          "deploy-a.service?deploy-b.service?deploy-a.service "
          "deploy-b.service?deploy-a.service?deploy-b.service");
    // What the awaited unit waits for counts too.
    CHECK(deadlocks({waiting_for("a", "deploy-c.service"), spec_of("b", {}, {"deploy-a.service"}),
                     spec_of("c", {}, {"deploy-b.service"})}) ==
          "deploy-a.service?deploy-c.service>deploy-b.service>deploy-a.service");
}

TEST_CASE("a target is ordered after what it wants unless that is ordered after the target") {
    Graph graph;
    UnitId target = graph.unit("t.target"), in = graph.unit("in.service"), late = graph.unit("late.service");
    UnitId plain = graph.unit("plain.service");
    graph.add(target, Relation::wants, in, {});
    graph.add(target, Relation::wants, late, {});
    graph.add(late, Relation::after, target, {});
    graph.add(plain, Relation::wants, in, {});
    add_target_ordering(graph);
    CHECK(graph.has(target, Relation::after, in));
    CHECK_FALSE(graph.has(target, Relation::after, late));
    CHECK_FALSE(graph.has(plain, Relation::after, in));
}

TEST_CASE("a probe that the gate can pass without makes no deadlock") {
    auto seed = [](auto change) {
        std::vector<Spec> specs{waiting_for("a", "deploy-b.service"), spec_of("b", {}, {"deploy-a.service"})};
        change(specs[0].gate);
        return deadlocks(specs);
    };
    auto another = [](GateSection& gate) { gate.probes.push_back({"own", {}, TcpProbe{{"127.0.0.1", 1}}}); };
    CHECK(seed([](GateSection&) {}) == "deploy-a.service?deploy-b.service>deploy-a.service");
    CHECK(seed(another) != "");
    CHECK(seed([](GateSection& gate) { gate.any = true; }) != ""); // one of one
    CHECK(seed([&](GateSection& gate) {
              another(gate);
              gate.any = true;
          }) == "");
    CHECK(seed([](GateSection& gate) { gate.probes[0].optional = true; }) == "");
    CHECK(seed([](GateSection& gate) { gate.probes[0].must_fail = true; }) == "");
}
