// SPDX-License-Identifier: MIT
// What a failing gate is told of the jobs that are queued: tables of specs, jobs and servers, and the words.
#include "catch.hpp"

#include "base/text.hpp"
#include "plan/obstacle.hpp"
#include "systemd/job_facts.hpp"

using namespace unitgate;

namespace {

using Kind = Obstacle::Kind;

const char* word(Kind kind) {
    constexpr const char* words[] = {"none",          "deadlock",    "server-waits",
                                     "server-failed", "server-idle", "unknown-server"};
    return words[static_cast<int>(kind)];
}

Probe http(const std::string& url, const std::string& name = "probe-1") {
    HttpProbe probe;
    probe.url = url;
    return {name, {}, probe};
}

Probe unit(const std::string& of, const std::string& name = "probe-1") {
    return {name, {}, UnitProbe{of}};
}

Spec spec_of(const std::string& name, std::vector<std::string> serves, std::vector<Probe> probes) {
    Spec spec;
    spec.name = name;
    spec.unit.name = "deploy-" + name + ".service";
    for (auto& url : serves)
        spec.serves.push_back({url, {}});
    spec.gate.probes = std::move(probes);
    return spec;
}

const std::string proxy = "deploy-proxy.service", site = "deploy-site.service",
                  third = "deploy-third.service";

ServerNow waiting() {
    return {"loaded", "inactive", "enabled", false, true};
}

// The seed's night: the proxy's gate asks for a page that the site serves.
struct Night {
    std::vector<Spec> specs{
        spec_of("proxy", {"https://traefik.ci.example.net/"}, {http("https://ci.example.net/")}),
        spec_of("site", {"https://ci.example.net/"}, {http("https://ci.example.net/")}),
        spec_of("third", {}, {unit("x.service")})};
    JobsNow now{{{site, proxy}}, {{site, waiting()}}};
    std::vector<std::string> failing{"probe-1"};

    Obstacle find() const { return ObstacleFinder(specs, specs[0]).find(failing, now); }
    std::string kind() const { return word(find().kind); }
};

} // namespace

TEST_CASE(
    "a server whose job waits for this unit's and that was never active is a deadlock, told with its chain") {
    auto proxy_file = std::make_shared<SourceFile>(SourceFile{"specs/proxy.toml", ""});
    auto site_file = std::make_shared<SourceFile>(SourceFile{"specs/site.toml", ""});
    Night night;
    night.specs[0].gate.probes[0].place = {proxy_file.get(), 5, 7, 25};
    night.specs[1].serves[0].place = {site_file.get(), 1, 11, 25};
    night.specs[1].unit.after = {{proxy, {site_file.get(), 3, 10, 22}}};
    Obstacle found = night.find();
    CHECK(word(found.kind) == std::string("deadlock"));
    CHECK(found.probe == "probe-1");
    CHECK(found.server == site);
    CHECK(
        found.text ==
        "the gate waits for 'deploy-site.service', which can only start once this unit is up: "
        "'deploy-proxy.service' asks https://ci.example.net/ in probe 'probe-1' (specs/proxy.toml:5), which "
        "'deploy-site.service' answers (specs/site.toml:1: serves https://ci.example.net/); "
        "'deploy-site.service' starts after 'deploy-proxy.service' (specs/site.toml:3: after = "
        "deploy-proxy.service)");
    CHECK(found.brief == "deploy-site.service waits for this unit");
}

TEST_CASE("the chain may lead over units without a spec and without a line to show") {
    Night night;
    night.now.waits = {
        {"middle.target", proxy}, {"multi-user.target", "middle.target"}, {site, "middle.target"}};
    Obstacle found = night.find();
    CHECK(word(found.kind) == std::string("deadlock"));
    CHECK(found.text.ends_with(
        "'deploy-site.service' starts after 'middle.target' (its start job waits for that of "
        "'middle.target'); 'middle.target' starts after 'deploy-proxy.service' (its start job "
        "waits for that of 'deploy-proxy.service')"));
}

TEST_CASE("a server that was active in this boot may answer still: a warning, and no deadlock") {
    Night night;
    night.now.servers[site].was_active = true;
    Obstacle found = night.find();
    CHECK(word(found.kind) == std::string("server-waits"));
    CHECK(found.text ==
          "'deploy-site.service', which answers https://ci.example.net/, waits for this unit to be up");
    CHECK(found.brief == "deploy-site.service waits for this unit to be up");
}

TEST_CASE("a unit probe waits for the unit, not for an app: what it was before is no comfort") {
    Night night;
    night.specs[0].gate.probes = {unit(site)};
    CHECK(night.kind() == "deadlock");
    night.now.servers[site].was_active = true;
    CHECK(night.kind() == "deadlock");
}

TEST_CASE("an ordering of the specs that is not queued is no deadlock") {
    Night night;
    night.specs[1].unit.after = {{proxy, {}}};
    night.now.waits.clear();
    night.now.servers[site].active_state = "activating"; // it runs: its unit was loaded before the edit
    CHECK(night.kind() == "none");
}

TEST_CASE("two gates that ask for each other's app are none, for each other's unit they are a deadlock") {
    Night night;
    night.specs[1].gate.probes = {http("https://traefik.ci.example.net/")};
    night.now.waits.clear();
    night.now.servers[site].active_state = "activating";
    CHECK(night.kind() == "none");
    night.specs[0].gate.probes = {unit(site)};
    CHECK(night.kind() == "none");
    night.specs[1].gate.probes = {unit(proxy)};
    CHECK(night.kind() == "deadlock");
}

TEST_CASE("what another gate asks only counts where it is certain") {
    Night night; // proxy asks site; site is after third, whose gate asks something of proxy or of its app
    night.now.waits.clear();
    night.now.waits.push_back({site, third});
    night.specs[2].gate.probes = {http("https://traefik.ci.example.net/")};
    CHECK(night.kind() != "deadlock");
    night.specs[2].gate.probes = {unit(proxy)};
    CHECK(night.kind() == "deadlock");
}

TEST_CASE("only a probe that fails can be the one that waits in vain") {
    Night night;
    night.failing = {};
    CHECK(night.kind() == "none");
    night.specs[0].gate.probes.push_back(http("https://traefik.ci.example.net/", "own"));
    night.failing = {"own"}; // served by this very unit
    CHECK(night.kind() == "none");
    night.failing = {"own", "probe-1"};
    CHECK(night.kind() == "deadlock");
    CHECK(night.find().probe == "probe-1");
}

TEST_CASE("a server that has failed, is masked, missing, disabled or just idle is told as that") {
    Night night;
    night.now.waits.clear();
    auto brief = [&](ServerNow server) {
        night.now.servers[site] = std::move(server);
        Obstacle found = night.find();
        return word(found.kind) + (": " + found.brief);
    };
    CHECK(brief({"loaded", "failed", "enabled", true, false}) ==
          "server-failed: deploy-site.service has failed");
    CHECK(brief({"masked", "inactive", "masked", false, false}) ==
          "server-idle: deploy-site.service is masked");
    CHECK(brief({"not-found", "inactive", "", false, false}) ==
          "server-idle: deploy-site.service does not exist");
    CHECK(brief({"loaded", "inactive", "disabled", false, false}) ==
          "server-idle: deploy-site.service is not enabled, and nothing starts it");
    CHECK(brief({"loaded", "inactive", "generated", true, false}) ==
          "server-idle: deploy-site.service is inactive, and nothing starts it");
    CHECK(brief({"loaded", "active", "generated", true, false}) == "none: ");
    CHECK(brief({"loaded", "activating", "generated", false, true}) == "none: ");
    CHECK(brief({"loaded", "failed", "generated", false, true}) == "none: "); // about to be tried again
    night.now.servers.clear();
    CHECK(night.kind() == "none"); // it could not be asked for
}

TEST_CASE("when nobody is known to answer, the units that wait are named, but no targets") {
    Night night;
    night.specs[0].gate.probes = {http("https://unknown.example.net/")};
    night.now.servers.clear();
    night.now.waits = {{site, proxy}, {"deploy.target", proxy}, {third, proxy}, {third, site}};
    Obstacle found = night.find();
    CHECK(word(found.kind) == std::string("unknown-server"));
    CHECK(found.text ==
          "no spec says who answers probe 'probe-1'; it may be one of those whose start waits for this "
          "unit: 'deploy-site.service', 'deploy-third.service'");
    CHECK(found.brief.empty());
    night.now.waits = {{"deploy.target", proxy}};
    CHECK(night.kind() == "none");
    night.now.waits.clear();
    for (int i = 0; i < 10; ++i)
        night.now.waits.push_back({"u" + std::to_string(i) + ".service", proxy});
    CHECK(night.find().text.ends_with("'u7.service' and 2 more"));
}

TEST_CASE("the servers to be asked for are those of all probes, each once, without the unit itself") {
    Night night;
    night.specs[0].gate.probes = {http("https://ci.example.net/"), http("https://ci.example.net/x", "b"),
                                  unit("x.service", "c"), http("https://traefik.ci.example.net/", "d")};
    CHECK(ObstacleFinder(night.specs, night.specs[0]).servers() ==
          std::vector<std::string>{site, "x.service"});
}

TEST_CASE("a unit's properties say how a server fares") {
    ServerNow now = server_now({{"LoadState", std::string("loaded")},
                                {"ActiveState", std::string("inactive")},
                                {"UnitFileState", std::string("disabled")},
                                {"ActiveEnterTimestampMonotonic", std::uint64_t{17}},
                                {"Job", std::uint64_t{3}}});
    CHECK(now.load_state == "loaded");
    CHECK(now.active_state == "inactive");
    CHECK(now.file_state == "disabled");
    CHECK(now.was_active);
    CHECK(now.has_job);
    now = server_now(
        {{"ActiveState", std::string("inactive")}, {"ActiveEnterTimestampMonotonic", std::uint64_t{0}}});
    CHECK_FALSE(now.was_active);
    CHECK_FALSE(now.has_job);
}
