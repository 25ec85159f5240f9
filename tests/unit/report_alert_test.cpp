// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <cerrno>
#include <filesystem>
#include <set>
#include <vector>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "faults.hpp"
#include "report/alert.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using unitgate::test::Fault;
using unitgate::test::TemporaryFolder;

namespace {

const std::string invocation = "0123456789abcdef0123456789abcdef";

Alert seed_alert() {
    Alert alert;
    alert.app = "traefik";
    alert.reason = Reason::unhealthy_on_latest;
    alert.ts = "20260613T054428Z";
    alert.version = "5.1.2+v3.6.16";
    alert.unit = "deploy-proxy.service";
    alert.detail = "probe 'api' still failed after 3min: status 502";
    alert.probe = AlertProbe{"api", "https://traefik.ci.example.net/api/version", "status", 502, 178, 180.0};
    alert.rolled_back_to = "5.1.1+v3.6.15";
    alert.invocation_id = invocation;
    alert.boot_id = "fedcba9876543210fedcba9876543210";
    return alert;
}

mode_t mode_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

std::set<std::string> files_in(const std::string& folder) {
    std::set<std::string> names;
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(folder, missing))
        names.insert(entry.path().filename());
    return names;
}

} // namespace

TEST_CASE("an alert has the keys of its schema in order, and null where nothing is known") {
    CHECK(alert_text(seed_alert()) == R"({
  "app": "traefik",
  "reason": "unhealthy-on-latest",
  "ts": "20260613T054428Z",
  "version": "5.1.2+v3.6.16",
  "unit": "deploy-proxy.service",
  "detail": "probe 'api' still failed after 3min: status 502",
  "probe": {
    "name": "api",
    "url": "https://traefik.ci.example.net/api/version",
    "cause": "status",
    "status": 502,
    "tries": 178,
    "seconds": 180.0
  },
  "rolled_back_to": "5.1.1+v3.6.15",
  "invocation_id": "0123456789abcdef0123456789abcdef",
  "boot_id": "fedcba9876543210fedcba9876543210",
  "schema": 1
}
)");
    Alert bare;
    bare.app = "traefik";
    bare.ts = "20260613T054428Z";
    auto json = Json::parse(alert_text(bare)).value();
    for (auto key : {"version", "unit", "probe", "rolled_back_to", "invocation_id", "boot_id"}) {
        INFO(key);
        CHECK(alert_text(bare).find('"' + std::string(key) + '"') != std::string::npos);
        CHECK(json.get(key).is_null());
    }
}

TEST_CASE("an alert is named by time, app and reason, and only root and its group may read it") {
    TemporaryFolder state;
    ::umask(0);
    auto path = write_alert(state.path(), seed_alert());
    ::umask(022);
    REQUIRE(path);
    CHECK(*path == state / "alerts/20260613T054428Z-traefik-unhealthy-on-latest.json");
    CHECK(read_file(*path).value() == alert_text(seed_alert()));
    CHECK(mode_of(*path) == 0640);
    CHECK(mode_of(state / "alerts") == 0750);
    CHECK(files_in(state / "alerts").size() == 1);
}

TEST_CASE("a name that exists is never overwritten: the next alert gets -2, then -3") {
    TemporaryFolder state;
    Alert second = seed_alert();
    second.detail = "another";
    REQUIRE(write_alert(state.path(), seed_alert()));
    CHECK(write_alert(state.path(), second).value() ==
          state / "alerts/20260613T054428Z-traefik-unhealthy-on-latest-2.json");
    CHECK(write_alert(state.path(), second).value() ==
          state / "alerts/20260613T054428Z-traefik-unhealthy-on-latest-3.json");
    CHECK(read_file(state / "alerts/20260613T054428Z-traefik-unhealthy-on-latest.json").value() ==
          alert_text(seed_alert()));
}

TEST_CASE("writers of one name at one time each get a file of their own") {
    TemporaryFolder state;
    int gate[2];
    REQUIRE(::pipe(gate) == 0);
    constexpr int writers = 8;
    std::vector<pid_t> children;
    for (int i = 0; i < writers; ++i) {
        children.push_back(::fork());
        if (children.back() == 0) {
            ::close(gate[1]);
            char byte;
            while (::read(gate[0], &byte, 1) > 0) {
            } // all begin when the parent closes its end
            ::_exit(write_alert(state.path(), seed_alert()) ? 0 : 1);
        }
    }
    ::close(gate[0]);
    ::close(gate[1]);
    for (pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    std::set<std::string> expected{"20260613T054428Z-traefik-unhealthy-on-latest.json"};
    for (int i = 2; i <= writers; ++i)
        expected.insert("20260613T054428Z-traefik-unhealthy-on-latest-" + std::to_string(i) + ".json");
    CHECK(files_in(state / "alerts") == expected);
    for (const auto& name : expected)
        CHECK(read_file(state / ("alerts/" + name)).value() == alert_text(seed_alert()));
}

TEST_CASE("whatever system call fails, the error is told and nothing of the alert remains") {
    struct Case {
        const char* call;
        int nth, error;
    };
    // fsync 1 and 2 make the folder 'alerts' durable in its parent and the file itself, 3 the file's name.
    auto one =
        GENERATE(Case{"mkdir", 1, EROFS}, Case{"open", 2, ENOSPC}, Case{"write", 1, ENOSPC},
                 Case{"fchmod", 1, EIO}, Case{"fsync", 1, EIO}, Case{"fsync", 2, EIO}, Case{"fsync", 3, EIO},
                 Case{"close", 2, EIO}, Case{"link", 1, ENOSPC}, Case{"link", 1, EMLINK});
    TemporaryFolder state;
    INFO(one.call << " " << one.nth);
    {
        Fault fault(one.call, one.nth, one.error);
        auto path = write_alert(state.path(), seed_alert());
        REQUIRE(fault.struck());
        REQUIRE_FALSE(path);
        CHECK(path.error().code == one.error);
        CHECK_FALSE(path.error().message.empty());
    }
    CHECK(files_in(state / "alerts").empty());
    CHECK(write_alert(state.path(), seed_alert())); // and the next one works
}

TEST_CASE("a file where the folder of alerts should be, and a folder that takes no file, are errors") {
    TemporaryFolder state;
    REQUIRE(write_file_durable(state / "alerts", "", 0600));
    CHECK(write_alert(state.path(), seed_alert()).error().code == ENOTDIR);
    CHECK(write_alert("/proc/unitgate", seed_alert()).error().code == ENOENT);
}

TEST_CASE("an alert of an invocation is found open and cleared, and only by its own field") {
    TemporaryFolder state;
    CHECK(count_alerts_of(state.path(), invocation).value() == 0); // no folder yet
    auto path = write_alert(state.path(), seed_alert());
    REQUIRE(path);
    CHECK(count_alerts_of(state.path(), invocation).value() == 1);
    CHECK(count_alerts_of(state.path(), "ffff6789abcdef0123456789abcdef01").value() == 0);
    CHECK(count_alerts_of(state.path(), "").value() == 0);
    CHECK(count_alerts_of(state.path(), seed_alert().boot_id).value() == 0);

    REQUIRE(make_folders(state / "alerts/cleared", 0750));
    std::filesystem::rename(*path, state / "alerts/cleared/x.json");
    CHECK(count_alerts_of(state.path(), invocation).value() == 1);

    Fault fault("opendir", 1, EIO);
    CHECK(count_alerts_of(state.path(), invocation).error().code == EIO);
}

TEST_CASE("a broken file among the alerts hides no other") {
    TemporaryFolder state;
    REQUIRE(make_folders(state / "alerts", 0750));
    REQUIRE(write_file_durable(state / "alerts/a.json", "{\"invocation_id\": \"" + invocation, 0640));
    REQUIRE(write_file_durable(state / "alerts/b.json", "[\"" + invocation + "\"]", 0640));
    REQUIRE(make_folders(state / "alerts/c.json", 0750));
    CHECK(count_alerts_of(state.path(), invocation).value() == 0);
    REQUIRE(write_alert(state.path(), seed_alert()));
    CHECK(count_alerts_of(state.path(), invocation).value() == 1);
}

TEST_CASE("the alert unit and the next run that record one killed run at one time write one alert") {
    TemporaryFolder state;
    int gate[2];
    REQUIRE(::pipe(gate) == 0);
    constexpr int writers = 8;
    std::vector<pid_t> children;
    for (int i = 0; i < writers; ++i) {
        children.push_back(::fork());
        if (children.back() == 0) {
            ::close(gate[1]);
            char byte;
            while (::read(gate[0], &byte, 1) > 0) {
            }
            auto path = write_alert_once(state.path(), seed_alert());
            ::_exit(!path ? 2 : path->empty() ? 1 : 0);
        }
    }
    ::close(gate[0]);
    ::close(gate[1]);
    int wrote = 0, found = 0;
    for (pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) ++wrote;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 1) ++found;
    }
    CHECK(wrote == 1);
    CHECK(found == writers - 1);
    CHECK(files_in(state / "alerts").size() == 1);
}

TEST_CASE("without an invocation id every alert is written: nothing tells two runs apart") {
    TemporaryFolder state;
    Alert alert = seed_alert();
    alert.invocation_id.clear();
    CHECK_FALSE(write_alert_once(state.path(), alert).value().empty());
    CHECK_FALSE(write_alert_once(state.path(), alert).value().empty());
}
