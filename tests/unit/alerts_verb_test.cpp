// SPDX-License-Identifier: MIT
// The verbs alerts and release as their users call them, on a state folder of its own.
#include "catch.hpp"

#include <cerrno>
#include <fstream>

#include "base/json.hpp"
#include "deploy/state.hpp"
#include "report/alert.hpp"
#include "report/alert_box.hpp"
#include "report/alert_text.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;

namespace {

struct Evening {
    test::TemporaryFolder folder;
    std::string state = folder / "state";
    Evening() {
        Alert alert;
        alert.app = "traefik";
        alert.reason = Reason::unhealthy_on_latest;
        alert.ts = "20260613T054428Z";
        alert.version = "5.1.2";
        alert.unit = "deploy-proxy.service";
        alert.detail = "the gate did not pass within 3min: probe-1 got 502";
        alert.probe = AlertProbe{"probe-1", "https://ci.example.net/", "status", 502, 188, 180.0};
        alert.rolled_back_to = "5.1.1";
        alert.invocation_id = std::string(32, 'a');
        REQUIRE(write_alert(state, alert));
        std::ofstream(folder / "proxy.toml")
            << "app = \"traefik\"\n[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n"
               "[[gate.probe]]\ntcp = \"127.0.0.1:1\"\n";
    }
    void passed(const std::string& at) {
        AppState now = StateStore(state, "proxy").load().value();
        now.wanted_passed = WantedPass{"traefik", at};
        REQUIRE(StateStore(state, "proxy").save(now));
    }
    Ran call(const std::string& arguments) {
        return run_shell(UNITGATE_PROGRAM " --specs " + folder.path() + " --state " + state + " " +
                         arguments + " 2>&1");
    }
};

const std::string id = "20260613T054428Z-traefik-unhealthy-on-latest";

} // namespace

TEST_CASE("alerts lists what is open, and marks what has passed since") {
    Evening at;
    Ran open = at.call("alerts");
    CHECK(open.code == 0);
    CHECK(open.output == id + "\n  the gate did not pass within 3min: probe-1 got 502\n"
                              "  version 5.1.2, rolled back to 5.1.1\n");
    CHECK(at.call("alerts list").output == open.output);
    at.passed("2026-06-13T05:00:00.000000Z");
    CHECK(at.call("alerts").output == open.output);
    at.passed("2026-06-13T06:00:00.000000Z");
    CHECK(at.call("alerts").output ==
          open.output + "  recovered: traefik has passed since, at 2026-06-13T06:00:00.000000Z\n");
    Json json = Json::parse(at.call("alerts --json").output)->items().at(0);
    CHECK(json.get("id").as_string() == id);
    CHECK(json.get("recovered").as_string() == "2026-06-13T06:00:00.000000Z");
    CHECK(json.get("probe").get("status").as_integer() == 502);
}

TEST_CASE("alerts show tells all of it and what to type next") {
    Evening at;
    Ran shown = at.call("alerts show 20260613");
    CHECK(shown.code == 0);
    CHECK(shown.output ==
          id +
              "\n  reason:         unhealthy-on-latest\n"
              "  app:            traefik\n"
              "  unit:           deploy-proxy.service\n"
              "  at:             20260613T054428Z\n"
              "  version:        5.1.2\n"
              "  rolled back to: 5.1.1\n"
              "  what happened:  the gate did not pass within 3min: probe-1 got 502\n"
              "  probe:          probe-1 on https://ci.example.net/, last: status 502, 188 tries in 3min\n"
              "  invocation:     " +
              std::string(32, 'a') +
              "\n  next:           journalctl -x _SYSTEMD_INVOCATION_ID=" + std::string(32, 'a') +
              "\n                  unitgate --state " + at.state + " alerts clear " + id + " --note TEXT\n");
    CHECK(at.call("alerts show nosuch").code == 1);
    CHECK(at.call("alerts show").code == 2);
}

TEST_CASE("alerts clear needs a note, keeps the alert and says so when it was cleared before") {
    Evening at;
    CHECK(at.call("alerts clear " + id).code == 2);
    CHECK(at.call("alerts list --note x").code == 2);
    CHECK(at.call("alerts show 2026 --all").code == 2);
    Ran cleared = at.call("alerts clear 2026 --note 'false alarm'");
    CHECK(cleared.code == 0);
    CHECK(cleared.output == "cleared " + id + "\n");
    CHECK(at.call("alerts").output == "no alerts\n");
    CHECK(at.call("alerts --all").output.find(": false alarm\n") != std::string::npos);
    CHECK(at.call("alerts show 2026").output.find("cleared:        by ") != std::string::npos);
    Ran again = at.call("alerts clear 2026 --note again");
    CHECK(again.code == 1);
    CHECK(again.output.find("has been cleared before") != std::string::npos);
    CHECK(at.call("alerts clear nosuch --note x").output.find("there is no alert 'nosuch'") !=
          std::string::npos);
    CHECK(at.call("alerts --json").output == "[]\n");
}

TEST_CASE("a gate that ended within microseconds has the time that it took") {
    StoredAlert alert;
    alert.json = *Json::parse(R"({"probe": {"name": "p", "url": "u", "tries": 1, "seconds": 4e-05}})");
    const std::string page = alert_page(alert, {}, "");
    INFO(page);
    CHECK(page.find("p on u, 1 try in 1ms\n") != std::string::npos);
}

TEST_CASE("an alert is found by the path that the journal tells, too") {
    Evening at;
    const std::string shown = at.call("alerts show " + id).output;
    CHECK(at.call("alerts show " + id + ".json").output == shown);
    CHECK(at.call("alerts show " + at.state + "/alerts/" + id + ".json").output == shown);
}

TEST_CASE("a note of several lines passes for no other line of the list") {
    Evening at;
    CHECK(at.call("alerts clear --note 'seen\n20260613T054429Z-x-interrupted' 2026").code == 0);
    CHECK(at.call("alerts --all").output.find(": seen\n    20260613T054429Z-x-interrupted\n") !=
          std::string::npos);
    CHECK(at.call("alerts show 2026").output.find(": seen\n                  20260613T054429Z-x-") !=
          std::string::npos);
}

TEST_CASE("a file in the folder that is no alert is told of and fails the list, which goes on") {
    Evening at;
    std::ofstream(at.state + "/alerts/20260614T000000Z-x-y.json") << "{";
    Ran ran = at.call("alerts");
    CHECK(ran.code == 1);
    CHECK(ran.output.find(id) != std::string::npos);
    CHECK(ran.output.find("20260614T000000Z-x-y.json' is no alert") != std::string::npos);
}

TEST_CASE("release lets a held version go, keeps the rest, and not while a run is under way") {
    Evening at;
    CHECK(at.call("release proxy").output == "no version of 'proxy' is held\n");
    AppState state;
    state.last_good = Release{"5.1.1", "f"};
    state.held = Held{{"5.1.2", "f"}, Reason::unhealthy_on_latest, "2026-06-13T05:44:28Z"};
    StateStore store(at.state, "proxy");
    REQUIRE(store.save(state));
    {
        auto run = lock_run(at.state, "proxy", "traefik");
        REQUIRE(run);
        Ran refused = at.call("release proxy");
        CHECK(refused.code == 1);
        CHECK(refused.output.find("while a run of it is under way") != std::string::npos);
        CHECK(store.load()->held);
    }
    Ran released = at.call("release proxy");
    CHECK(released.code == 0);
    CHECK(released.output.find("released '5.1.2' of 'proxy'") == 0);
    CHECK_FALSE(store.load()->held);
    CHECK(store.load()->last_good == state.last_good);
    CHECK(at.call("release nosuch").code == 1);
    state.held->release.version = "5.1.3";
    REQUIRE(store.save(state));
    CHECK(Json::parse(at.call("release proxy --json").output)->get("released").as_string() == "5.1.3");
}

TEST_CASE("a slip in a NAME typed after run is no alert, a unit whose spec is gone is one") {
    test::TemporaryFolder folder;
    auto run = [&](const std::string& environment) {
        return run_shell("env -u SYSTEMD_EXEC_PID -u INVOCATION_ID " + environment +
                         " " UNITGATE_PROGRAM " --specs " + folder.path() + " --state " + folder / "state" +
                         " run nosuch 2>&1")
            .code;
    };
    CHECK(run("") == 78);
    CHECK(read_alerts(folder / "state", false)->alerts.empty());
    CHECK(run("INVOCATION_ID=0123456789abcdef0123456789abcdef") == 78);
    CHECK(read_alerts(folder / "state", false)->alerts.size() == 1);
}
