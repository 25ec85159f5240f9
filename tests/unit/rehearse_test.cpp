// SPDX-License-Identifier: MIT
// A rehearsal as far as it goes without a service manager: what is stopped and in which order, its note, and
// which probes it makes fail. tests/system/rehearse_test.py has the rest.
#include "catch.hpp"

#include <fstream>

#include "base/text.hpp"
#include "deploy/rehearsal.hpp"
#include "gate/gate.hpp"
#include "gate_server.hpp"
#include "plan/cold_start.hpp"
#include "plan/serves.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

struct Host {
    Graph graph;
    std::set<std::string> active;

    void unit(const std::string& name, std::vector<std::string> after, bool up = true) {
        UnitId id = graph.unit(name);
        if (up) active.insert(name);
        for (const auto& other : after)
            graph.add(id, Relation::after, graph.unit(other), {});
    }
    void part(const std::string& from, Relation relation, const std::string& to) {
        graph.add(graph.unit(from), relation, graph.unit(to), {});
    }
    ColdStart plan(const std::string& caller = "") const {
        return plan_cold_start(graph, active, "proxy.service", caller);
    }
};

std::string text(const std::vector<std::string>& names) {
    return join(names, " ");
}

Rehearsal note_of(const std::string& unit) {
    Rehearsal note;
    note.name = "proxy";
    note.unit = unit;
    note.boot_id = "b0";
    note.since = "2026-06-13T05:44:28Z";
    note.was_up = true;
    note.units = {"bridge.service", "dashboard.service"};
    return note;
}

Spec spec_of(const std::string& name, const std::string& serves) {
    Spec spec;
    spec.name = name;
    spec.unit.name = name + ".service";
    spec.serves.push_back({serves, {}});
    return spec;
}

Probe asks(const std::string& name, const std::string& url) {
    HttpProbe http;
    http.url = url;
    return {name, {}, http};
}

} // namespace

TEST_CASE("a cold start stops the active services that are ordered after the unit, through others too") {
    Host host;
    host.unit("docker.service", {});
    host.unit("proxy.service", {"docker.service"});
    host.unit("dashboard.service", {"bridge.service", "proxy.service"});
    host.unit("bridge.service", {"proxy.service"});
    host.unit("apps.target", {"bridge.service"});
    host.unit("report.service", {"apps.target"});
    host.unit("idle.service", {"proxy.service"}, false);
    host.unit("behind-idle.service", {"idle.service"});
    ColdStart plan = host.plan();
    CHECK(text(plan.services) == "bridge.service dashboard.service report.service");
    CHECK(plan.drawn_in.empty());
    CHECK_FALSE(plan.caller_is_after);
}

TEST_CASE("the caller's own unit is left alone, and a cold start that would stop it is noticed") {
    Host host;
    host.unit("proxy.service", {});
    host.unit("shell.service", {"proxy.service"});
    host.unit("site.service", {"shell.service"});
    CHECK(text(host.plan("shell.service").services) == "site.service");
    CHECK(host.plan("shell.service").caller_is_after);
    CHECK_FALSE(host.plan("shell.service").takes_caller_down);
    host.part("shell.service", Relation::requires_, "site.service");
    CHECK(host.plan("shell.service").takes_caller_down);
}

TEST_CASE(
    "what systemd stops along with the units is put back too, but never counted among what is stopped") {
    for (Relation relation :
         {Relation::requires_, Relation::requisite, Relation::binds_to, Relation::part_of}) {
        Host host;
        host.unit("proxy.service", {});
        host.unit("site.service", {"proxy.service"});
        host.unit("apps.target", {});
        host.unit("loose.service", {});
        host.part("apps.target", relation, "site.service");
        host.part("loose.service", relation, "apps.target");
        host.part("off.service", relation, "proxy.service");
        CHECK(text(host.plan().services) == "site.service");
        CHECK(text(host.plan().drawn_in) == "apps.target loose.service");
        CHECK(text(host.plan().all()) == "site.service apps.target loose.service");
    }
    Host wants;
    wants.unit("proxy.service", {});
    wants.unit("site.service", {});
    wants.part("site.service", Relation::wants, "proxy.service");
    CHECK(wants.plan().all().empty());
}

TEST_CASE("units on an ordering cycle are stopped as well") {
    Host host;
    host.unit("proxy.service", {});
    host.unit("b.service", {"proxy.service", "a.service"});
    host.unit("a.service", {"b.service"});
    CHECK(text(host.plan().services) == "a.service b.service");
}

TEST_CASE("a note of a rehearsal reads back as it was written, and one that is none is refused") {
    TemporaryFolder folder;
    RehearsalFile file(folder.path());
    REQUIRE(file.load());
    CHECK_FALSE(file.load()->has_value());
    Rehearsal note = note_of("proxy.service");
    note.phase = Rehearsal::Phase::putting_back;
    note.in_order = false;
    REQUIRE(file.save(note));
    auto read = file.load();
    REQUIRE(read);
    REQUIRE(read->has_value());
    CHECK((*read)->phase == Rehearsal::Phase::putting_back);
    CHECK((*read)->name == "proxy");
    CHECK((*read)->unit == "proxy.service");
    CHECK((*read)->boot_id == "b0");
    CHECK((*read)->was_up);
    CHECK_FALSE((*read)->in_order);
    CHECK((*read)->units == note.units);
    REQUIRE(file.remove());
    CHECK_FALSE(file.load()->has_value());
    CHECK(file.remove()); // gone is gone
    for (const char* wrong : {"", "{}", "[1]", R"({"schema": 1, "phase": "cold-start"})",
                              R"({"schema": 2, "phase": "cold-start", "name": "a", "unit": "a.service",
                                  "was_up": true, "in_order": true, "units": [], "boot_id": "b0", "since": ""})"}) {
        std::ofstream(file.path()) << wrong;
        CHECK_FALSE(file.load());
        CHECK_FALSE(rehearsal_of_run(folder.path(), "proxy", "b0"));
    }
}

TEST_CASE(
    "a run is part of a rehearsal only while that lives, in its boot, in its cold start and of its unit") {
    TemporaryFolder folder;
    RehearsalFile file(folder.path());
    auto is_part = [&](const char* name = "proxy", const char* boot = "b0") {
        return rehearsal_of_run(folder.path(), name, boot).value().has_value();
    };
    CHECK_FALSE(is_part());
    REQUIRE(file.save(note_of("proxy.service")));
    CHECK_FALSE(is_part()); // nobody holds the lock: it was killed
    auto lock = lock_rehearsal(folder.path());
    REQUIRE(lock);
    CHECK(is_part());
    CHECK_FALSE(lock_rehearsal(folder.path()));
    CHECK_FALSE(is_part("bridge"));
    CHECK_FALSE(is_part("proxy", "b1"));
    Rehearsal back = note_of("proxy.service");
    back.phase = Rehearsal::Phase::putting_back;
    REQUIRE(file.save(back));
    CHECK_FALSE(is_part());
}

TEST_CASE("a probe is served by a unit where it is one of several that answer it, or asks for it itself") {
    std::vector<Spec> specs = {spec_of("proxy", "https://traefik.example.net/"),
                               spec_of("dashboard", "https://ci.example.net/")};
    Spec& proxy = specs[0];
    proxy.listens.push_back({{"127.0.0.1", 443}, {}});
    proxy.gate.probes = {asks("own", "https://traefik.example.net/api"),
                         asks("old", "https://ci.example.net/"),
                         {"unit", {}, UnitProbe{"dashboard.service"}},
                         {"other", {}, UnitProbe{"db.service"}}};
    std::get<HttpProbe>(proxy.gate.probes[1].check).connect = SocketAddress{"127.0.0.1", 443};
    auto served = probes_served_by({"dashboard.service"}, specs, proxy);
    CHECK(served ==
          std::map<std::string, std::string>{{"old", "dashboard.service"}, {"unit", "dashboard.service"}});
    CHECK(probes_served_by({}, specs, proxy).empty());
}

TEST_CASE("a probe whose server is stopped fails as unit-stopped though its app answers") {
    Event event = Event::create().value();
    std::uint16_t port = 0;
    Fd listener = listen_on_loopback(port);
    GateSection section;
    section.probes.push_back({"page", {}, TcpProbe{{"127.0.0.1", port}}});
    section.timeout = std::chrono::seconds(5);
    auto tried = [&](const StoppedServers& stopped) {
        std::optional<GateReport> verdict;
        Gate::Callbacks callbacks;
        callbacks.done = [&](const GateReport& report) { verdict = report; };
        auto gate = Gate::create(event, section, std::chrono::seconds(5), {"1", "1"}, {},
                                 std::move(callbacks), stopped);
        gate.value()->try_once();
        REQUIRE(event.run_until([&] { return verdict.has_value(); }));
        return *verdict;
    };
    CHECK(tried({}).passed);
    GateReport report = tried({{"page", "dashboard.service"}});
    CHECK_FALSE(report.passed);
    CHECK(cause_name(report.probes[0].last.cause) == "unit-stopped");
    CHECK(report.probes[0].last.detail == "its server 'dashboard.service' is stopped for a rehearsal");
    CHECK(report.probes[0].target == "tcp 127.0.0.1:" + std::to_string(port));
}

TEST_CASE("rehearse without a terminal or with the wrong arguments is an error of usage") {
    TemporaryFolder folder;
    auto rehearse = [&](const std::string& arguments) {
        return run_shell(UNITGATE_PROGRAM " --state " + folder.path() + " rehearse " + arguments +
                         " 2>&1 </dev/null");
    };
    CHECK(rehearse("proxy").code == 2);
    CHECK(rehearse("proxy").output.find("'--yes'") != std::string::npos);
    CHECK(rehearse("").code == 2);
    CHECK(rehearse("--yes").code == 2);
    CHECK(rehearse("--restore proxy").code == 2);
    CHECK(rehearse("--restore").code == 0);
    CHECK(rehearse("--restore").output.find("nothing to put back") != std::string::npos);
}
