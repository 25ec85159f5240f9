// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <cerrno>
#include <filesystem>

#include "app/alerts_record.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "deploy/state.hpp"
#include "deploy/watch_note.hpp"
#include "faults.hpp"
#include "io/ids.hpp"
#include "report/status.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using unitgate::test::Fault;
using unitgate::test::TemporaryFolder;

namespace {

const std::string unit = "deploy-proxy.service";
const std::string invocation = "0123456789abcdef0123456789abcdef";

// A host with one spec, and what the alert unit tells its journal.
struct Host {
    TemporaryFolder folder;
    std::string state = folder / "state";
    SpecPath specs;
    std::vector<JournalFields> journal;

    Host() {
        specs.folders = {folder / "specs"};
        specs.settings = folder / "unitgate.toml";
        specs.check_trust = false;
        REQUIRE(make_folders(folder / "specs", 0755));
        REQUIRE(make_folders(state, 0755));
    }
    void add_spec(const std::string& name, const std::string& head) {
        std::string text = head + "[version]\npin = \"5.1.1\"\n[deploy]\ncommand = [\"true\"]\n"
                                  "[[gate.probe]]\ntcp = \"127.0.0.1:80\"\n";
        REQUIRE(write_file_durable(folder / ("specs/" + name + ".toml"), text, 0644));
    }
    void add_note(const std::string& name, Phase phase, const std::string& invocation_id,
                  std::size_t alerts_before = 0) {
        REQUIRE(make_folders(state + "/apps/" + name, 0755));
        AppState all;
        all.under_way = UnderWay{invocation_id,          boot_id(),    "traefik", unit, phase, "5.1.2",
                                 "2026-06-13T05:44:28Z", alerts_before};
        REQUIRE(StateStore(state, name).save(all));
    }
    int record(const Monitored& facts) {
        RunOfUnit run = find_run_of(unit, facts.invocation_id, state, specs);
        ReportTo to;
        to.journal = [this](const JournalFields& fields) {
            journal.push_back(fields);
            return Status();
        };
        Report report(std::move(to), run.name, run.app);
        return record_ending(report, state, unit, facts, run);
    }
    std::string field(std::size_t entry, std::string_view name) const {
        for (const auto& one : journal.at(entry))
            if (one.name == name) return one.value;
        return {};
    }
    std::vector<std::string> alerts() const {
        std::vector<std::string> paths;
        std::error_code missing;
        for (const auto& entry : std::filesystem::directory_iterator(state + "/alerts", missing))
            paths.push_back(entry.path());
        return paths;
    }
};

const Monitored killed{invocation, "signal", "killed", "KILL"};

} // namespace

TEST_CASE("a killed run is recorded with the app, version and step of its note") {
    Host host;
    host.add_note("proxy", Phase::gate, invocation);
    CHECK(host.record(killed) == 0);
    REQUIRE(host.alerts().size() == 1);
    CHECK(host.alerts()[0].find("-traefik-interrupted.json") != std::string::npos);
    Json alert = Json::parse(read_file(host.alerts()[0]).value()).value();
    CHECK(alert.get("app").as_string() == "traefik");
    CHECK(alert.get("reason").as_string() == "interrupted");
    CHECK(alert.get("version").as_string() == "5.1.2");
    CHECK(alert.get("unit").as_string() == unit);
    CHECK(alert.get("detail").as_string() == "killed by SIGKILL in step gate");
    CHECK(alert.get("probe").is_null());
    CHECK(alert.get("rolled_back_to").is_null());
    CHECK(alert.get("invocation_id").as_string() == invocation);
    CHECK(alert.get("boot_id").as_string() == boot_id());
    REQUIRE(host.journal.size() == 2);
    CHECK(host.field(0, "MESSAGE_ID") == event_row(EventKind::alert_written).id);
    CHECK(host.field(1, "MESSAGE_ID") == event_row(EventKind::interrupted).id);
    for (std::size_t i : {0U, 1U}) {
        CHECK(host.field(i, "OBJECT_SYSTEMD_UNIT") == unit);
        CHECK(host.field(i, "UNITGATE_NAME") == "proxy");
        CHECK(host.field(i, "UNITGATE_APP") == "traefik");
        CHECK(host.field(i, "UNITGATE_VERSION") == "5.1.2");
    }
}

TEST_CASE("what a unit that watches was killed at is recorded beside the alerts of its earlier runs") {
    Host host;
    host.add_note("proxy", Phase::version, invocation);
    CHECK(host.record(killed) == 0);
    REQUIRE(host.alerts().size() == 1);
    host.add_note("proxy", Phase::deploy, invocation, 1);
    for (int i = 0; i < 2; ++i) {
        CHECK(host.record(killed) == 0);
        CHECK(host.alerts().size() == 2);
    }
}

TEST_CASE("a run that was recorded is not recorded again, open or cleared") {
    Host host;
    host.add_note("proxy", Phase::deploy, invocation);
    CHECK(host.record(killed) == 0);
    CHECK(host.record(killed) == 0);
    CHECK(host.alerts().size() == 1);
    CHECK(host.journal.size() == 2);
    REQUIRE(make_folders(host.state + "/alerts/cleared", 0750));
    std::filesystem::rename(host.alerts()[0].ends_with("cleared") ? host.alerts()[1] : host.alerts()[0],
                            host.state + "/alerts/cleared/x.json");
    CHECK(host.record(killed) == 0);
    CHECK(host.journal.size() == 2);
}

TEST_CASE("a run killed before its note is known by the unit name of its spec") {
    Host host;
    host.add_spec("proxy", "app = \"traefik\"\n");
    host.add_spec("web", "app = \"nginx\"\n");
    host.add_note("web", Phase::gate, "ffffffffffffffffffffffffffffffff"); // another run's
    CHECK(host.record({invocation, "exit-code", "exited", "203"}) == 0);
    REQUIRE(host.alerts().size() == 1);
    Json alert = Json::parse(read_file(host.alerts()[0]).value()).value();
    CHECK(alert.get("app").as_string() == "traefik");
    CHECK(alert.get("version").is_null());
    CHECK(alert.get("detail").as_string() == "never started: the program could not be executed (status 203)");
    CHECK(host.field(0, "UNITGATE_NAME") == "proxy");
}

TEST_CASE("a bad spec still gives its run a name, and without any spec the unit's name does") {
    Host host;
    RunOfUnit run = find_run_of(unit, invocation, host.state, host.specs);
    CHECK(run.name == "proxy");
    CHECK(run.app == "proxy");
    host.add_spec("proxy", "app = \"traefik\"\nnonsense = 1\n");
    run = find_run_of(unit, invocation, host.state, host.specs);
    CHECK(run.name == "proxy");
    CHECK(run.app == "traefik");
    CHECK(find_run_of("warm-x.service", "", host.state, host.specs).app == "warm-x");
    CHECK(find_run_of("deploy-../../etc.service", "", host.state, host.specs).app == "------etc");
    CHECK(find_run_of("deploy-.service", "", host.state, host.specs).app == "unknown");
}

TEST_CASE("a state file that is broken costs the version, not the alert") {
    Host host;
    host.add_note("proxy", Phase::gate, invocation);
    REQUIRE(write_file_durable(host.state + "/apps/proxy/state.json", "{", 0600));
    CHECK(host.record(killed) == 0);
    CHECK(host.alerts().size() == 1);
}

TEST_CASE("a run that gave its own verdict gets nothing from the alert unit") {
    Host host;
    for (auto code : {"69", "73", "75", "78"})
        CHECK(host.record({invocation, "exit-code", "exited", code}) == 0);
    CHECK(host.alerts().empty());
    CHECK(host.journal.empty());
}

TEST_CASE("a unit whose dependency failed gets one entry in the journal and no alert") {
    Host host;
    host.add_spec("proxy", "app = \"traefik\"\n");
    CHECK(host.record({"", "success", "", ""}) == 0);
    CHECK(host.alerts().empty());
    REQUIRE(host.journal.size() == 1);
    CHECK(host.field(0, "MESSAGE_ID") == event_row(EventKind::dependency_failed).id);
    CHECK(host.field(0, "OBJECT_SYSTEMD_UNIT") == unit);
    CHECK(host.field(0, "UNITGATE_APP") == "traefik");
    // A unit that ran well before keeps the invocation of that start.
    CHECK(host.record({invocation, "success", "exited", "0"}) == 0);
    CHECK(host.alerts().empty());
    CHECK(host.journal.size() == 2);
}

TEST_CASE("an alert that can't be written is exit code 73, and the journal has it whole") {
    Host host;
    host.add_note("proxy", Phase::rollback, invocation);
    RunOfUnit run = find_run_of(unit, invocation, host.state, host.specs);
    {
        Fault fault("link", 1, ENOSPC);
        CHECK(host.record(killed) == 73);
        CHECK(fault.struck());
    }
    CHECK(host.alerts().empty());
    REQUIRE(host.journal.size() == 2);
    CHECK(host.field(0, "MESSAGE_ID") == event_row(EventKind::alert_not_written).id);
    CHECK(host.field(0, "OBJECT_SYSTEMD_UNIT") == unit);
    Json alert = Json::parse(host.field(0, "UNITGATE_ALERT")).value();
    CHECK(alert.get("detail").as_string() == "killed by SIGKILL in step rollback");
    CHECK(host.field(1, "MESSAGE_ID") == event_row(EventKind::interrupted).id);
    // Folders that can't be read: better an entry too many than an alert lost.
    Fault fault("opendir", 2, EIO); // 1 is the state folder
    CHECK(host.record(killed) == 73);
}

TEST_CASE("a watch that was killed is recorded, whatever alerts its run and itself have left, and once") {
    Host host;
    REQUIRE(
        save_watch_note(host.state, "proxy", {"traefik", unit, "5.1.1", invocation, boot_id(), "x", "y"}));
    for (Reason earlier : {Reason::unhealthy_on_latest, Reason::unhealthy_while_active}) {
        Alert alert;
        alert.app = "traefik";
        alert.reason = earlier;
        alert.ts = "20260613T054428Z";
        alert.invocation_id = invocation;
        REQUIRE(write_alert(host.state, alert));
    }
    const Monitored stuck{invocation, "watchdog", "killed", "ABRT"};
    CHECK(host.record(stuck) == 0);
    CHECK(host.record(stuck) == 0);
    REQUIRE(host.alerts().size() == 3);
    std::size_t told = 0;
    for (const auto& path : host.alerts()) {
        Json alert = Json::parse(read_file(path).value()).value();
        if (alert.get("reason").as_string() != "interrupted") continue;
        ++told;
        CHECK(alert.get("version").as_string() == "5.1.1");
        CHECK(alert.get("detail").as_string() == "killed by systemd's watchdog while it watched the app");
    }
    CHECK(told == 1);
    // The verdict of [watch] action = "fail" is its own.
    CHECK(host.record({invocation, "exit-code", "exited", "69"}) == 0);
    CHECK(host.alerts().size() == 3);
}

TEST_CASE("what a watch says in a status is left out when that is read back") {
    WatchReport report;
    report.since = 3min + 20s;
    CHECK(watch_status(report, 3) == "watch: healthy for 3min");
    report.since = 4s;
    report.failures = 2;
    report.probing.lost = 0;
    report.probing.probes.resize(1);
    report.probing.probes[0].target = "tcp 127.0.0.1:80";
    report.probing.probes[0].last.cause = Cause::refused;
    CHECK(watch_status(report, 3) ==
          "watch: healthy, failed 2 of 3 times, last refused from tcp 127.0.0.1:80");
    report.healthy = false;
    report.since = 25s;
    const std::string watch = watch_status(report, 3);
    CHECK(watch == "watch: unhealthy for 20s, last refused from tcp 127.0.0.1:80");
    for (const char* failed : {"", "5.1.2"})
        for (const char* detail : {"", "version unknown: x; y"}) {
            auto words = read_ready_status(ready_status("5.1.1", failed, detail, watch));
            REQUIRE(words);
            CHECK(words->version == "5.1.1");
            CHECK(words->failed_version == failed);
            CHECK(words->detail == detail);
            CHECK(words->watch == watch);
            CHECK(bad_news(ready_status("5.1.1", failed, detail, watch)).text == watch);
            CHECK(bad_news(ready_status("5.1.1", failed, detail, "watch: healthy")).text == "");
        }
}
