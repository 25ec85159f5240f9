// SPDX-License-Identifier: MIT
// What probers know of their next try, what the loop makes of that, and how often a watch says the same.
#include "catch.hpp"

#include <algorithm>

#include "gate/try_loop.hpp"
#include "gate/watch.hpp"
#include "gate_server.hpp"
#include "io/listen_watch.hpp"
#include "io/socket.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

class SteadyProber : public Prober {
  public:
    explicit SteadyProber(TryResult result) : result_(std::move(result)) {}
    std::optional<TryResult> start(std::function<void(TryResult)>) override { return result_; }
    std::string target() const override { return "steady"; }

  private:
    TryResult result_;
};

Probers steady(TryResult result) {
    Probers all;
    all.names = {"probe-1"};
    all.roles = {ProbeRole::counted};
    all.probers.push_back(std::make_unique<SteadyProber>(std::move(result)));
    return all;
}

TryResult closed_port() {
    TryResult result;
    result.cause = Cause::refused;
    result.pace = Pace::watched;
    return result;
}

// Tries again and again until `enough` says so of a try's pace.
void try_until(Event& event, bool eager, const std::function<bool(Pace)>& enough) {
    bool over = false;
    TryLoop::Rule rule;
    rule.eager = eager;
    rule.on_result = [&](std::size_t, const TryResult& result, Instant now) {
        over = enough(result.pace);
        return TryLoop::Next{{}, now + 1ms, over};
    };
    rule.on_time = [](Instant) { return TryLoop::Next{{0}, Instant::max(), false}; };
    rule.on_change = [](std::size_t, Instant) { return TryLoop::Next{{}, Clock::now() + 1ms, false}; };
    rule.after = [](bool) {};
    auto loop = TryLoop::create(event, steady(closed_port()), rule);
    loop->begin({{0}, Instant::max(), false});
    REQUIRE(event.run_until([&] { return over; }));
    loop->stop();
}

} // namespace

TEST_CASE("a closed port of the loopback is one that the kernel watches, a Unix socket is not") {
    ClosedPort closed;
    CHECK(try_of(TcpProbe{{"127.0.0.1", closed.port}}).pace == Pace::watched);
    CHECK(try_of(http_probe(closed.port)).pace == Pace::watched);
    CHECK(try_of(UnixProbe{"@unitgate-test-nobody"}).pace == Pace::plain);
    CHECK(is_loopback({"127.8.9.1", 1}));
    CHECK(is_loopback({"::1", 1}));
    CHECK_FALSE(is_loopback({"192.0.2.1", 1}));
    CHECK_FALSE(is_loopback({"::2", 1}));
}

TEST_CASE("an IPv4 address that is mapped to IPv6 is on the loopback where it is itself, a name never is") {
    CHECK(is_loopback({"::ffff:127.0.0.1", 1}));
    CHECK(is_loopback({"::ffff:7f08:901", 1}));
    CHECK_FALSE(is_loopback({"::ffff:192.0.2.1", 1}));
    CHECK_FALSE(is_loopback({"::127.0.0.1", 1}));
    CHECK_FALSE(is_loopback({"127.example.net", 1}));
}

TEST_CASE("a failure on a kept connection is known for one, the first one is not") {
    Server server(answering(http(503, "not yet")));
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port));
    CHECK(try_once(*prober, event).pace == Pace::plain);
    CHECK(try_once(*prober, event).pace == Pace::kept);
    CHECK(server.connections == 1);
    Server closing(answering_once(http(503, "not yet")));
    auto plain = prober_of(event, http_probe(closing.port));
    CHECK(try_once(*plain, event).pace == Pace::plain);
}

TEST_CASE("a gate relies on the kernel's word where it gets it, a watch asks as ever") {
    Event event = Event::create().value();
    int tries = 0;
    try_until(event, false, [&](Pace pace) {
        CHECK(pace == Pace::plain);
        return ++tries == 20;
    });
    const bool may_watch = ListenWatch::open(event, [] {}).has_value();
    tries = 0;
    // What else begins to listen on this machine puts it off, for a tenth of a second each time.
    try_until(event, true, [&](Pace pace) {
        if (may_watch) return pace == Pace::watched;
        CHECK(pace == Pace::plain);
        return ++tries == 20;
    });
}

TEST_CASE("a watch says of an app that stays healthy how long it has been, once a second") {
    Event event = Event::create().value();
    int tries = 0, said = 0;
    Watch::Callbacks callbacks;
    callbacks.mark = [&] { return static_cast<std::uint64_t>(++tries); };
    callbacks.quiet_since = [](std::uint64_t) { return true; };
    callbacks.progress = [&](const WatchReport&) { ++said; };
    callbacks.turned = callbacks.progress;
    callbacks.warned = [](const ProbeReport&) {};
    WatchLimits limits;
    limits.interval = 1ms;
    const Instant began = Clock::now();
    Watch watch(event, limits, true, steady({}), callbacks);
    watch.start();
    REQUIRE(event.run_until([&] { return tries >= 200; }));
    CHECK(said >= 1);
    CHECK(said <= 2 + (Clock::now() - began) / 1s);
}

TEST_CASE("a watch says at once and of each try that an app fails") {
    Event event = Event::create().value();
    std::vector<int> failures;
    Watch::Callbacks callbacks;
    callbacks.mark = [] { return std::uint64_t(0); };
    callbacks.quiet_since = [](std::uint64_t) { return true; };
    callbacks.progress = [&](const WatchReport& report) { failures.push_back(report.failures); };
    callbacks.turned = callbacks.progress;
    callbacks.warned = [](const ProbeReport&) {};
    WatchLimits limits;
    limits.interval = 1ms;
    Watch watch(event, limits, true, steady(closed_port()), callbacks);
    watch.start();
    REQUIRE(event.run_until([&] { return failures.size() >= 3; }));
    CHECK(failures == std::vector<int>{1, 2, 3});
}

TEST_CASE("loops that wait together share what ten may spend, and take turns when something listens") {
    Event event = Event::create().value();
    TryResult failed = failed_for(Cause::status, "got 503, want 200", 503);
    failed.cost = 1s; // by far more than the try will have cost
    auto cost_among = [&](std::size_t loops) {
        Duration cost{0};
        TryLoop::Rule rule;
        rule.on_result = [&](std::size_t, const TryResult& result, Instant) {
            cost = result.cost;
            return TryLoop::Next{{}, Instant::max(), true};
        };
        rule.on_time = [](Instant) { return TryLoop::Next{{}, Instant::max(), false}; };
        rule.after = [](bool) {};
        auto loop = TryLoop::create(event, steady(failed), rule);
        loop->share_with(loops);
        loop->begin({{0}, Instant::max(), false});
        REQUIRE(event.run_until([&] { return cost > Duration(0); }));
        loop->stop();
        return cost;
    };
    CHECK(cost_among(1) == 1s);
    CHECK(cost_among(10) == 1s);
    CHECK(cost_among(100) == 10s);

    CHECK(turn_of(1, 4711) == 1ms);
    CHECK(turn_of(10, 4711) == 1ms);
    std::vector<Duration> turns;
    for (std::uint32_t process = 4711; process < 4811; ++process)
        turns.push_back(turn_of(100, process));
    std::sort(turns.begin(), turns.end());
    CHECK(turns.back() < 50ms);
    CHECK(turns.back() > 40ms);
    for (std::size_t i = 10; i < turns.size(); ++i)
        CHECK(turns[i] - turns[i - 10] > 1ms); // no more than ten within one
}
