// SPDX-License-Identifier: MIT
// What `status` makes of what it found, and the verb where there is no manager to ask.
#include "catch.hpp"

#include <filesystem>
#include <fstream>

#include "report/status_table.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;

namespace {

StatusRow fine() {
    StatusRow row;
    row.name = "proxy";
    row.app = "traefik";
    row.unit = "deploy-proxy.service";
    row.state = StatusRow::State{"loaded", "active", "exited", "5.1.1 is up"};
    row.memory.emplace();
    row.memory->last_good = Release{"5.1.1", "f"};
    row.memory->last_good_since = "2026-06-13T05:44:28Z";
    row.memory->last_gate = GatePass{"5.1.1", "2026-06-13T05:44:28Z", std::chrono::milliseconds(1200)};
    row.standing.emplace();
    row.standing->kind = Standing::Kind::current;
    row.standing->wanted = row.standing->good = "5.1.1";
    return row;
}

StoredAlert alert_of(const std::string& app) {
    StoredAlert alert;
    alert.id = "20260613T054428Z-" + app + "-interrupted";
    alert.json = Json::object().set("app", app).set("ts", "20260613T054428Z");
    return alert;
}

} // namespace

TEST_CASE("a unit is fine when it is active on what is wanted and nothing waits for a person") {
    CHECK(health_of(fine()) == Health::fine);
    auto with = [](auto change) {
        StatusRow row = fine();
        change(row);
        return health_of(row);
    };
    CHECK(with([](auto& row) { row.state->active = "activating"; }) == Health::waiting);
    CHECK(with([](auto& row) { row.state->active = "inactive"; }) == Health::waiting);
    CHECK(with([](auto& row) { row.standing->kind = Standing::Kind::behind; }) == Health::waiting);
    CHECK(with([](auto& row) { row.standing->kind = Standing::Kind::never_good; }) == Health::waiting);
    CHECK(with([](auto& row) { row.state->active = "failed"; }) == Health::trouble);
    CHECK(with([](auto& row) { row.state->load = "not-found"; }) == Health::trouble);
    CHECK(with([](auto& row) { row.state.reset(); }) == Health::trouble);
    auto hold = [](StatusRow& row, Standing::Kind kind) {
        row.memory->held = Held{{"2", "f"}, Reason::deploy_failed, ""};
        row.standing->kind = kind;
    };
    CHECK(with([&](auto& row) { hold(row, Standing::Kind::held); }) == Health::trouble);
    CHECK(with([&](auto& row) { hold(row, Standing::Kind::unknown); }) == Health::trouble);
    // Another version, or another [deploy], is wanted by now.
    CHECK(with([&](auto& row) { hold(row, Standing::Kind::current); }) == Health::fine);
    CHECK(with([&](auto& row) { hold(row, Standing::Kind::behind); }) == Health::waiting);
    CHECK(with([](auto& row) { row.alerts.push_back(alert_of("traefik")); }) == Health::trouble);
    CHECK(with([](auto& row) { row.stale.emplace(); }) == Health::trouble);
    CHECK(with([](auto& row) { row.bad_spec = "x"; }) == Health::trouble);
    CHECK(with([](auto& row) { row.unknown.push_back("x"); }) == Health::trouble);
    // What leaves a unit active all the same.
    CHECK(with([](auto& row) { row.state->status_text = "up: 5.1.1; watch: healthy for 3min"; }) ==
          Health::fine);
    CHECK(with([](auto& row) {
              row.state->status_text = "up: 5.1.1; watch: unhealthy for 3min, last 500 from http://a/";
          }) == Health::trouble);
    CHECK(with([](auto& row) { row.state->status_text = "failed: rollback-unhealthy: x"; }) ==
          Health::trouble);
    StatusReport report;
    CHECK(health_of(report) == Health::fine);
    report.strays.push_back(alert_of("gone"));
    CHECK(health_of(report) == Health::trouble);
}

TEST_CASE("status is a table with a line for each thing that a person should know, and what to type") {
    StatusReport report;
    report.passes.wanted["chat"] = "2026-06-13T06:00:00.000000Z";
    report.rows.push_back(fine());
    StatusRow chat = fine();
    chat.name = chat.app = "chat";
    chat.unit = "deploy-chat.service";
    chat.state = StatusRow::State{"loaded", "failed", "failed", "failed: deploy-failed"};
    chat.memory->held = Held{{"2", "f"}, Reason::deploy_failed, "2026-06-13T05:44:28Z"};
    chat.standing->kind = Standing::Kind::held;
    chat.standing->wanted = "2";
    chat.alerts.push_back(alert_of("chat"));
    report.rows.push_back(chat);
    StatusRow site;
    site.name = site.app = "site";
    site.unit = "deploy-site.service";
    site.stale.emplace();
    site.stale->code = "unit-stale";
    site.stale->cause = "'deploy-site.service' is not what the spec makes now";
    site.stale->remedy = "systemctl daemon-reload";
    site.state = StatusRow::State{"loaded", "inactive", "dead", ""};
    report.rows.push_back(site);
    report.strays.push_back(alert_of("gone"));
    CHECK(status_table(report) ==
          "  UNIT                  STATE            WANTED  LAST GOOD  LAST GATE                     ALERTS\n"
          "  deploy-proxy.service  active (exited)  5.1.1   5.1.1      1.2s at 2026-06-13T05:44:28Z  -\n"
          "* deploy-chat.service   failed (failed)  2       5.1.1      1.2s at 2026-06-13T05:44:28Z  1 (1 "
          "recovered)\n"
          "    failed: deploy-failed\n"
          "    look: journalctl -b -e -u deploy-chat.service\n"
          "    held: 2 since 2026-06-13T05:44:28Z, deploy-failed (unitgate release chat)\n"
          "    alert: 20260613T054428Z-chat-interrupted\n"
          "* deploy-site.service   inactive (dead)  -       -          -                             -\n"
          "    stale: 'deploy-site.service' is not what the spec makes now (systemctl daemon-reload)\n"
          "* alerts of apps without a spec:\n"
          "    alert: 20260613T054428Z-gone-interrupted\n"
          "\n3 units: 1 fine, 2 to be looked at (*)\n");
    Json json = status_json(report);
    CHECK(json.get("health").as_string() == "trouble");
    Json row = json.get("units").items().at(1);
    CHECK(row.get("held").get("version").as_string() == "2");
    CHECK(row.get("last_gate").get("took_usec").as_integer() == 1200000);
    CHECK(row.get("standing").as_string() == "held");
    CHECK(row.get("alerts").items().at(0).get("recovered").as_string() == "2026-06-13T06:00:00.000000Z");
    CHECK(json.get("units").items().at(2).get("last_good").is_null());
    CHECK(json.get("units").items().at(2).get("stale").get("code").as_string() == "unit-stale");
    CHECK(json.get("stray_alerts").items().size() == 1);
}

TEST_CASE("a unit's own words stand below its line where they tell more than its state") {
    auto note = [](std::string active, std::string text) {
        StatusReport report;
        report.rows.push_back(fine());
        report.rows[0].state = StatusRow::State{"loaded", std::move(active), "x", std::move(text)};
        std::string table = status_table(report);
        auto begin = table.find("\n    ");
        return begin == std::string::npos ? "" : table.substr(begin + 5, table.find("\n\n") - begin - 5);
    };
    CHECK(note("active", "up: 5.1.1; watch: healthy") == "");
    CHECK(note("active", "up: 5.1.1; watch: unhealthy, last 500 from http://a/") ==
          "watch: unhealthy, last 500 from http://a/ (unitgate probe proxy)");
    CHECK(note("active", "failed: rollback-unhealthy: x") ==
          "its last run failed: rollback-unhealthy: x\n    look: journalctl -b -e -u deploy-proxy.service");
    CHECK(note("inactive", "up: 5.1.1") == "");
    CHECK(note("inactive", "stopped") == "");
    CHECK(note("inactive", "stopped by a signal in step 'gate'") == "stopped by a signal in step 'gate'");
    CHECK(note("activating", "deploying 5.1.1") == "deploying 5.1.1");
}

TEST_CASE("what status says to type does something in the state that the unit is in, for the manager that it "
          "is of") {
    StatusReport report;
    report.rows.push_back(fine());
    StatusRow& row = report.rows[0];
    row.standing->kind = Standing::Kind::behind;
    row.standing->wanted = "5.1.2";
    auto shows = [&](const std::string& line) {
        return status_table(report).find(line) != std::string::npos;
    };
    const std::string behind = "    behind: 5.1.2 is wanted, 5.1.1 is up ";
    CHECK(shows(behind + "(unitgate reconcile proxy)\n"));
    for (const char* state : {"inactive", "failed"}) { // reconcile leaves them alone
        row.state->active = state;
        CHECK(shows(behind + "(unitgate start proxy)\n"));
    }
    report.options = " --user";
    report.journal = "journalctl --user";
    report.state_option = " --state /home/a/.config/unitgate";
    CHECK(shows(behind + "(unitgate start --user proxy)\n"));
    CHECK(shows("    look: journalctl --user -b -e -u deploy-proxy.service\n"));
    row.standing->kind = Standing::Kind::held;
    row.memory->held = Held{{"5.1.2", "f"}, Reason::deploy_failed, ""};
    CHECK(shows("(unitgate release --state /home/a/.config/unitgate proxy)\n"));
}

TEST_CASE("alerts that can't be read are not shown as none") {
    StatusReport report;
    report.rows.push_back(fine());
    report.alerts_known = false;
    CHECK(status_table(report).find("1.2s at 2026-06-13T05:44:28Z  ?\n") != std::string::npos);
    CHECK(status_json(report).get("units").items().at(0).get("alerts").is_null());
    CHECK(status_json(report).get("stray_alerts").is_null());
}

TEST_CASE("status without a manager shows what files tell, says so and fails") {
    test::TemporaryFolder folder;
    auto status = [&](const std::string& arguments) {
        return run_shell("DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere " UNITGATE_PROGRAM " --specs " +
                         folder.path() + " --state " + folder / "state" + " status " + arguments + " 2>&1");
    };
    CHECK(status("").code == 0);
    CHECK(status("").output.find("no spec in '" + folder.path() + "'\n") != std::string::npos);
    std::ofstream(folder / "proxy.toml") << "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n"
                                            "[[gate.probe]]\ntcp = \"127.0.0.1:1\"\n";
    AppState state;
    state.last_good = Release{"0.9", "f"};
    REQUIRE(StateStore(folder / "state", "proxy").save(state));
    Ran ran = status("");
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK(ran.output.find("the states of the units are not known: ") != std::string::npos);
    CHECK(ran.output.find("* deploy-proxy.service  unknown  1       0.9        -          -\n") !=
          std::string::npos);
    CHECK(ran.output.find("    behind: 1 is wanted, 0.9 is up (unitgate reconcile proxy)\n") !=
          std::string::npos);
    CHECK(status("nosuch").code == 1);
    CHECK(status("nosuch").output.find("there is no spec 'nosuch'\n  remedy: there is 'proxy'; or write ") !=
          std::string::npos);
    CHECK(status("nosuch").output.find(" 0 fine") == std::string::npos); // no table of nothing
    CHECK(status("deploy-proxy.service").output.find("remedy: did you mean 'proxy'?") != std::string::npos);
    ran = run_shell(UNITGATE_PROGRAM " --specs " + folder / "nowhere" + " --state " + folder / "state" +
                    " status 2>&1");
    CHECK(ran.code == 1);
    CHECK(ran.output.find(folder / "nowhere" + ": error: there is no such folder") != std::string::npos);
    CHECK(status("--host a --machine b").code == 2);
    std::filesystem::create_directories(folder / "broken/apps/proxy");
    std::ofstream(folder / "broken/apps/proxy/state.json") << "{";
    ran = run_shell(UNITGATE_PROGRAM " --specs " + folder.path() + " --state " + folder / "broken" +
                    " status 2>&1");
    CHECK(ran.output.find("; move it away; the next run then begins without a last good version") !=
          std::string::npos);
    std::ofstream(folder / "bad.toml") << "nonsense = 1\n";
    ran = status("bad");
    CHECK(ran.code == 1);
    CHECK(ran.output.find("    bad spec: " + folder / "bad.toml:") != std::string::npos);
    CHECK(ran.output.find("deploy-proxy.service") == std::string::npos);
    // Another spec took the name of the bad one's unit: that unit is not shown for it.
    std::ofstream(folder / "thief.toml")
        << "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n[unit]\n"
           "name = \"deploy-bad.service\"\n[[gate.probe]]\ntcp = \"127.0.0.1:1\"\n";
    ran = status("bad");
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK(ran.output.find("    bad spec: " + folder / "bad.toml:") != std::string::npos);
    CHECK(ran.output.find("deploy-bad.service") == std::string::npos);
}
