// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "plan/findings.hpp"
#include "plan/from_specs.hpp"
#include "plan/spec_findings.hpp"

using namespace unitgate;

namespace {

// Two specs in files of their own, so that every place can be checked.
struct Seed {
    SourceRef proxy_file = std::make_shared<SourceFile>(
        SourceFile{"specs/proxy.toml", "[unit]\nwanted_by = [\"deploy.target\"]\n\n[[gate.probe]]\n"
                                       "url = \"https://ci.example.net/\"\n"});
    SourceRef site_file = std::make_shared<SourceFile>(
        SourceFile{"specs/site.toml", "serves = [\"https://ci.example.net/\"]\n[unit]\n"
                                      "after = [\"deploy-proxy.service\"]\n"});
    std::vector<Spec> specs = std::vector<Spec>(2);
    Graph graph;

    Seed() {
        specs[0].name = "proxy";
        specs[0].unit.name = "deploy-proxy.service";
        specs[0].serves = {{"https://traefik.ci.example.net/", {}}};
        HttpProbe probe;
        probe.url = "https://ci.example.net/";
        specs[0].gate.probes = {{"probe-1", {proxy_file.get(), 5, 7, 25}, probe}};
        specs[1].name = "site";
        specs[1].unit.name = "deploy-site.service";
        specs[1].serves = {{"https://ci.example.net/", {site_file.get(), 1, 11, 25}}};
        specs[1].unit.after = {{"deploy-proxy.service", {site_file.get(), 3, 10, 22}}};
        for (auto& spec : specs)
            spec.unit.wanted_by = {{"deploy.target", {}}};
    }

    Diagnostics problems(bool knows_units = false) {
        graph[graph.unit("deploy.target")].exists = true;
        add_specs(graph, specs);
        add_target_ordering(graph);
        return find_problems(graph, specs, knows_units);
    }
};

std::string codes(const Diagnostics& all) {
    std::string out;
    for (const auto& one : all)
        out += (out.empty() ? "" : " ") + one.code;
    return out;
}

} // namespace

TEST_CASE("a gate deadlock is told with its whole chain, file and line of each link, and the cure") {
    Seed seed;
    auto found = seed.problems();
    REQUIRE(codes(found) == "gate-deadlock");
    CHECK(format_diagnostic(found[0]) ==
          "specs/proxy.toml:5:7: error: the gate of 'deploy-proxy.service' waits for 'deploy-site.service', "
          "which can "
          "only start once that gate has passed [gate-deadlock]\n"
          "    5 | url = \"https://ci.example.net/\"\n"
          "      |       ^~~~~~~~~~~~~~~~~~~~~~~~~\n"
          "  'deploy-proxy.service' asks https://ci.example.net/ in probe 'probe-1' (specs/proxy.toml:5)\n"
          "    which 'deploy-site.service' answers (specs/site.toml:1: serves https://ci.example.net/)\n"
          "  'deploy-site.service' starts after 'deploy-proxy.service' (specs/site.toml:3: after = "
          "deploy-proxy.service)\n"
          "  on a cold boot the gate would wait out its deadline of 15min and fail, however healthy the app "
          "is\n"
          "  remedy: probe what 'deploy-proxy.service' serves itself, such as "
          "https://traefik.ci.example.net/; or drop "
          "the ordering of 'deploy-site.service' after 'deploy-proxy.service' (specs/site.toml:3: after = "
          "deploy-proxy.service)\n");
}

TEST_CASE("a server that nothing starts is a finding of its own") {
    Seed seed;
    seed.specs[1].unit.wanted_by.clear();
    seed.specs[1].unit.after.clear();
    auto found = seed.problems();
    REQUIRE(codes(found) == "server-not-started");
    CHECK(found[0].cause == "probe 'probe-1' asks https://ci.example.net/ of 'deploy-site.service', which is "
                            "started by nothing at boot");
    CHECK(found[0].remedy ==
          "add wanted_by = [\"deploy.target\"] to its [unit], or let 'deploy-proxy.service' want it");
    Seed masked;
    masked.specs[1].unit.after.clear();
    masked.graph[masked.graph.unit("deploy-site.service")].masked = true;
    auto again = masked.problems();
    REQUIRE(codes(again) == "server-not-started");
    CHECK(again[0].remedy == "systemctl unmask deploy-site.service");
}

TEST_CASE("a unit probe is told as what it waits for") {
    Seed seed;
    seed.specs[0].gate.probes[0].check = UnitProbe{"deploy-site.service"};
    auto found = seed.problems();
    REQUIRE(codes(found) == "gate-deadlock");
    CHECK(found[0].notes[0] == "'deploy-proxy.service' waits in probe 'probe-1' until 'deploy-site.service' "
                               "is active (specs/proxy.toml:5)");
    CHECK(found[0].notes[1] ==
          "'deploy-site.service' starts after 'deploy-proxy.service' (specs/site.toml:3: "
          "after = deploy-proxy.service)");
}

TEST_CASE("a unit probe of a unit that is not there is a finding once the host's units are known") {
    for (bool known : {false, true}) {
        Seed seed;
        seed.specs[0].gate.probes[0].check = UnitProbe{"docker.service"};
        auto found = seed.problems(known);
        if (!known) {
            CHECK(codes(found) == "");
            continue;
        }
        REQUIRE(codes(found) == "server-not-started");
        CHECK(found[0].cause ==
              "probe 'probe-1' waits until 'docker.service' is active, which does not exist");
    }
    Seed idle;
    idle.specs[0].gate.probes[0].check = UnitProbe{"docker.service"};
    idle.graph[idle.graph.unit("docker.service")].exists = true;
    auto found = idle.problems();
    REQUIRE(codes(found) == "server-not-started");
    CHECK(found[0].remedy == "systemctl enable docker.service, or let 'deploy-proxy.service' want it");
}

namespace {

// Two specs that are ordered after each other, as the seed of a circle.
struct Circle : Seed {
    Circle() {
        specs[0].gate.probes.clear();
        specs[0].unit.after = {{"deploy-site.service", {proxy_file.get(), 2, 1, 4}}};
    }
    Diagnostic only(const std::string& code) {
        auto found = problems();
        REQUIRE(codes(found) == code);
        return found[0];
    }
    // Both by the default target as well.
    void boots() {
        graph[graph.unit("default.target")].exists = true;
        graph.add(graph.unit("default.target"), Relation::wants, graph.unit("deploy.target"), {});
    }
};

} // namespace

TEST_CASE("a soft cycle names the jobs of which systemd would drop one, from either end") {
    Circle soft;
    auto one = soft.only("soft-cycle");
    CHECK(one.path == "specs/proxy.toml");
    CHECK(one.cause ==
          "units are ordered in a circle: 'deploy-proxy.service' after 'deploy-site.service' after "
          "'deploy-proxy.service'");
    CHECK(one.units == std::vector<std::string>{"deploy-proxy.service", "deploy-site.service"});
    CHECK(one.notes.back() ==
          "on 'systemctl start deploy.target' systemd would break it by silently dropping the "
          "start job of one of 'deploy-proxy.service', 'deploy-site.service', whichever it comes "
          "upon first");
    Circle turned;
    std::swap(turned.specs[0], turned.specs[1]);
    CHECK(turned.only("soft-cycle").cause == one.cause);
}

TEST_CASE("only a job that nothing requires is dropped, and required ones alone are refused") {
    Circle half;
    half.specs[1].unit.required_by = {{"deploy.target", {}}};
    CHECK(half.only("soft-cycle").notes.back() ==
          "on 'systemctl start deploy.target' systemd would break it by silently dropping the start job of "
          "'deploy-proxy.service'");
    Circle hard;
    for (auto& spec : hard.specs)
        spec.unit.required_by = {{"deploy.target", {}}};
    CHECK(hard.only("ordering-cycle").notes.back() ==
          "on 'systemctl start deploy.target' systemd would refuse to start any of them");
}

TEST_CASE("at boot nothing that is merely wanted is safe from being dropped") {
    Circle both;
    both.boots();
    for (auto& spec : both.specs)
        spec.unit.required_by = {{"deploy.target", {}}};
    auto notes = both.only("ordering-cycle").notes;
    REQUIRE(notes.size() == 4);
    CHECK(notes[2].find("at boot systemd would break it by silently dropping the start job of one of ") == 0);
    CHECK(notes[3] == "on 'systemctl start deploy.target' systemd would refuse to start any of them");
    Circle same;
    same.boots();
    CHECK(same.only("soft-cycle").notes.back().find("at boot and on 'systemctl start deploy.target' ") == 0);
}

TEST_CASE("a circle of units that nothing pulls in is refused when they are started together") {
    Circle idle;
    for (auto& spec : idle.specs)
        spec.unit.wanted_by.clear();
    CHECK(idle.only("ordering-cycle").notes.back() ==
          "systemd would refuse to start the last of them while the others wait");
}

TEST_CASE("names of units that do not exist are warned of once the host's units are known") {
    Seed seed;
    seed.specs[0].gate.probes.clear();
    seed.specs[1].unit.after.push_back({"dokcer.service", {seed.site_file.get(), 3, 10, 4}});
    auto found = seed.problems(true);
    REQUIRE(codes(found) == "unknown-unit");
    CHECK(found[0].severity == Severity::warning);
}

TEST_CASE("units of types that need no file are not missed, and what is required is said to be needed") {
    Seed seed;
    seed.specs[0].gate.probes.clear();
    seed.specs[1].unit.after = {{"srv-data.mount", {}}, {"dev-sda1.device", {}}, {"apps.slice", {}}};
    CHECK(codes(seed.problems(true)).empty());
    Seed needed;
    needed.specs[0].gate.probes.clear();
    needed.specs[1].unit.requires_ = {{"nosuch.service", {needed.site_file.get(), 3, 10, 4}}};
    auto found = needed.problems(true);
    REQUIRE(codes(found) == "unknown-unit");
    CHECK(found[0].remedy ==
          "correct the name, or install the unit; without it 'deploy-site.service' cannot start");
}

TEST_CASE("who listens now only adds warnings, and only where the specs show nothing themselves") {
    Seed seed;
    seed.specs[0].serves.clear();
    seed.specs[1].serves.clear(); // nobody says who answers https://ci.example.net/
    REQUIRE(seed.problems().empty());
    const Spec& proxy = seed.specs[0];
    Listening site{&proxy, &proxy.gate.probes[0], "127.0.0.1:443", "deploy-site.service", 4711};
    auto found = find_listener_problems(seed.graph, seed.specs, std::vector{site});
    REQUIRE(codes(found) == "listener-deadlock");
    CHECK(found[0].severity == Severity::warning);
    CHECK(found[0].notes[1] == "  which 'deploy-site.service' answers (process 4711 listens there now)");
    Listening unordered = site;
    unordered.unit = "app@other.service";
    CHECK(find_listener_problems(seed.graph, seed.specs, std::vector{unordered}).empty());
    Seed told;
    REQUIRE(codes(told.problems()) == "gate-deadlock");
    site.spec = &told.specs[0];
    site.probe = &told.specs[0].gate.probes[0];
    CHECK(find_listener_problems(told.graph, told.specs, std::vector{site}).empty());
}

TEST_CASE("a gate that takes any certificate and times that do not go together are warned of") {
    Seed seed;
    seed.specs[0].sources = {seed.proxy_file};
    std::get<HttpProbe>(seed.specs[0].gate.probes[0].check).verify = false;
    GateSection& gate = seed.specs[0].gate;
    CHECK(codes(find_spec_problems(seed.specs)) == "verify-off");
    auto& http = std::get<HttpProbe>(seed.specs[0].gate.probes[0].check);
    http.pin = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; // says who may answer
    CHECK(find_spec_problems(seed.specs).empty());
    http.pin.clear();
    gate.interval = gate.deadline;
    gate.interval_at = {seed.proxy_file.get(), 4, 1, 3};
    auto found = find_spec_problems(seed.specs);
    REQUIRE(codes(found) == "verify-off gate-timing");
    CHECK(found[1].line == 4);
    CHECK(found[1].cause ==
          "the longest pause between two tries, 15min, is no shorter than the gate's deadline of "
          "15min: a probe whose pauses have grown would not be tried again");
    gate.interval = std::chrono::seconds(1);
    gate.timeout = seed.specs[0].rollback.deadline;
    found = find_spec_problems(seed.specs);
    REQUIRE(codes(found) == "verify-off gate-timing");
    CHECK(found[1].path == "specs/proxy.toml");
    CHECK(found[1].line == 0);
    CHECK(found[1].cause.find("no shorter than a rollback's deadline of 5min") != std::string::npos);
    seed.specs[0].rollback.enabled = false;
    CHECK(codes(find_spec_problems(seed.specs)) == "verify-off");
}
