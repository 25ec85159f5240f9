// SPDX-License-Identifier: MIT
// A wall clock that is stepped by a year during a gate, forth and back, changes nothing.
#include "catch.hpp"

#include <ctime>

#include "gate/gate.hpp"
#include "gate_server.hpp"
#include "io/bad_server.hpp"
#include "wall_clock.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

constexpr std::chrono::seconds year{365 * 24 * 60 * 60};

// Runs a gate on one probe; the clock is a year ahead, then a year behind, then right again, a step at each
// report of its progress (one comes each second, and with each change).
GateReport run_stepped(const GateSection& section, Duration deadline, SteppedWallClock& clock) {
    Event event = Event::create().value();
    std::optional<GateReport> verdict;
    int steps = 0;
    Gate::Callbacks callbacks;
    callbacks.progress = [&](const GateReport&) {
        constexpr std::chrono::seconds offsets[] = {year, -year, std::chrono::seconds(0)};
        clock.step(offsets[steps++ % 3]);
    };
    bool over = false;
    callbacks.done = [&](const GateReport& report) {
        verdict = report;
        over = true;
    };
    auto gate = Gate::create(event, section, deadline, {"1", "1"}, {}, std::move(callbacks)).value();
    gate->start();
    run_until(event, over);
    CHECK(steps > 0);
    return *verdict;
}

GateSection section_of(HttpProbe probe) {
    GateSection section;
    section.interval = 5ms;
    section.probes = {probe_of(std::move(probe))};
    return section;
}

} // namespace

TEST_CASE("the test's wall clock is stepped for the standard library and for C alike") {
    SteppedWallClock clock;
    auto before = std::chrono::system_clock::now();
    std::time_t c_before = std::time(nullptr);
    auto steady = Clock::now();
    clock.step(year);
    CHECK(std::chrono::system_clock::now() - before >= year);
    CHECK(std::time(nullptr) - c_before >= year.count());
    CHECK(Clock::now() - steady < year);
    clock.step(-year);
    CHECK(std::chrono::system_clock::now() < before);
}

TEST_CASE("a gate that passes does so whatever the wall clock does") {
    std::atomic<int> turn{0};
    Server app([&](int fd, Server& self) {
        constexpr int bad = 40, by_turns = 8; // each change of the status is a report of progress
        while (self.read_request(fd)) {
            int now = turn++;
            if (!Server::send_text(fd, http(now >= bad ? 200 : now / by_turns % 2 ? 503 : 502, ""))) return;
        }
    });
    SteppedWallClock clock;
    GateSection section = section_of(http_probe(app.port));
    section.passes = 3;
    section.settle = 100ms;
    GateReport report = run_stepped(section, std::chrono::hours(1), clock);
    CHECK(report.passed);
    CHECK(turn >= 43); // no pass was given away, and none was taken twice
    CHECK(report.took >= 100ms);
    CHECK(report.took < std::chrono::hours(1));
    CHECK(report.left == std::chrono::hours(1) - report.took);
}

TEST_CASE("a gate that fails does so at its deadline, neither before nor never") {
    BadServer mute = BadServer::start({{ServerStep::Do::hang}}).value();
    HttpProbe probe;
    probe.url = "http://app.invalid/";
    probe.connect = mute.address();
    SteppedWallClock clock;
    GateSection section = section_of(probe);
    section.timeout = 100ms;
    GateReport report = run_stepped(section, 1500ms, clock); // long enough for a tick
    CHECK_FALSE(report.passed);
    CHECK(report.took >= 1500ms);
    CHECK(report.took < year);
    CHECK(report.probes[0].last.cause == Cause::timeout);
    CHECK(report.probes[0].tries >= 2);
}

TEST_CASE("no timer of the loop is on the wall clock") {
    Event event = Event::create().value();
    bool over = false;
    Source timer = add_timer(event, Clock::now(), [&] { over = true; }).value();
    run_until(event, over);
    CHECK(clocks_of_timers() == std::set<int>{CLOCK_MONOTONIC});
}
