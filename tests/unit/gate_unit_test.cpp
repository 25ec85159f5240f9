// SPDX-License-Identifier: MIT
// The probe `unit` as far as it goes without a service manager; tests/system/unit_probe_test.py has the rest.
#include "catch.hpp"

#include <cstdlib>
#include <cstring>

#include <sys/un.h>

#include "gate/unit_probe.hpp"
#include "gate_server.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

// Takes connections, which nobody answers.
Fd listen_at(const std::string& path) {
    Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return Fd();
    if (listen(fd.get(), 4) < 0) return Fd();
    return fd;
}

UnitState state_of(std::string load, std::string active) {
    UnitState state;
    state.load_state = std::move(load);
    state.active_state = std::move(active);
    return state;
}

std::string judged(const UnitState& state) {
    TryResult result = judge_unit(state);
    return std::string(cause_name(result.cause)) + (result.detail.empty() ? "" : ": " + result.detail);
}

} // namespace

TEST_CASE("a unit passes while it is active or reloading, and each other state has a named cause") {
    CHECK(judged(state_of("loaded", "active")) == "pass");
    CHECK(judged(state_of("loaded", "reloading")) == "pass");
    CHECK(judged(state_of("not-found", "active")) == "pass"); // its file went while it runs
    CHECK(judged(state_of("loaded", "inactive")) == "inactive: the unit is inactive");
    CHECK(judged(state_of("loaded", "activating")) == "inactive: the unit is activating");
    CHECK(judged(state_of("loaded", "deactivating")) == "inactive: the unit is deactivating");
    CHECK(judged(state_of("loaded", "failed")) == "failed: the unit has failed");
    UnitState failed = state_of("loaded", "failed");
    failed.result = "exit-code";
    CHECK(judged(failed) == "failed: the unit has failed (exit-code)");
    CHECK(judged(state_of("not-found", "inactive")) == "missing: there is no such unit");
    CHECK(judged(state_of("masked", "inactive")) == "missing: the unit is masked");
    UnitState broken = state_of("bad-setting", "inactive");
    broken.load_error = "no ExecStart";
    CHECK(judged(broken) == "missing: the unit can't be loaded: no ExecStart");
    CHECK(judged(state_of("", "")) != "pass");
}

TEST_CASE("without a bus a unit probe fails for that, at once and each time") {
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
    Event event = Event::create().value();
    auto prober = prober_of(event, UnitProbe{"docker.service"});
    CHECK(prober->target() == "unit docker.service");
    for (int i = 0; i < 3; ++i) {
        auto result = prober->start([](TryResult) {});
        REQUIRE(result);
        CHECK(cause_name(result->cause) == "bus");
        CHECK_FALSE(result->detail.empty());
        CHECK_FALSE(result->told); // nobody would
    }
}

TEST_CASE("a bus that takes the connection and says nothing is a failure within the time-out of a try") {
    TemporaryFolder folder;
    std::string path = folder / "bus";
    Fd silent = listen_at(path);
    REQUIRE(silent);
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + path).c_str(), 1);
    Event event = Event::create().value();
    auto prober = prober_of(event, UnitProbe{"docker.service"}, 100ms);
    for (int i = 0; i < 2; ++i) {
        TryResult result = try_once(*prober, event);
        CHECK(cause_name(result.cause) == "bus");
        CHECK(result.detail == "systemd did not answer within 100ms");
    }
}
