// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "plan/findings.hpp"
#include "plan/from_specs.hpp"

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
    Seed masked;
    masked.specs[1].unit.after.clear();
    masked.graph[masked.graph.unit("deploy-site.service")].masked = true;
    auto again = masked.problems();
    REQUIRE(codes(again) == "server-not-started");
    CHECK(again[0].remedy == "systemctl unmask deploy-site.service");
}

TEST_CASE("an ordering cycle names the job that systemd would drop, or says that it would refuse") {
    Seed seed;
    seed.specs[0].gate.probes.clear();
    seed.specs[0].unit.after = {{"deploy-site.service", {seed.proxy_file.get(), 2, 1, 4}}};
    auto soft = seed.problems();
    REQUIRE(codes(soft) == "soft-cycle");
    CHECK(soft[0].path == "specs/proxy.toml");
    CHECK(soft[0].notes.back() == "systemd would break it by silently dropping the start job of one of "
                                  "'deploy-proxy.service', 'deploy-site.service'");
    Seed half;
    half.specs[0].gate.probes.clear();
    half.specs[0].unit.after = {{"deploy-site.service", {}}};
    half.specs[1].unit.required_by = {{"deploy.target", {}}};
    CHECK(half.problems()[0].notes.back() ==
          "systemd would break it by silently dropping the start job of 'deploy-proxy.service'");
    Seed hard;
    hard.specs[0].gate.probes.clear();
    hard.specs[0].unit.after = {{"deploy-site.service", {}}};
    for (auto& spec : hard.specs)
        spec.unit.required_by = {{"deploy.target", {}}};
    CHECK(codes(hard.problems()) == "ordering-cycle");
}

TEST_CASE("names of units that do not exist are warned of once the host's units are known") {
    Seed seed;
    seed.specs[0].gate.probes.clear();
    seed.specs[1].unit.after.push_back({"dokcer.service", {seed.site_file.get(), 3, 10, 4}});
    auto found = seed.problems(true);
    REQUIRE(codes(found) == "unknown-unit");
    CHECK(found[0].severity == Severity::warning);
}
