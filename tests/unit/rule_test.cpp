// SPDX-License-Identifier: MIT
// The gate's rule with a fake clock: whole schedules as tables, in microseconds.
#include "catch.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "gate/rule.hpp"

using namespace unitgate;
using namespace std::chrono_literals;

namespace {

constexpr Instant zero{Clock::duration(1s)}; // no special value

using Verdict = GateRule::Verdict;

TryResult ok(Duration took = 0us) {
    TryResult result;
    result.took = took;
    return result;
}

TryResult bad(Cause cause = Cause::refused, Duration cost = 35us) {
    TryResult result;
    result.cause = cause;
    result.cost = cost;
    return result;
}

RuleLimits limits(std::size_t probes = 1) {
    return {60s, 1s, 0s, 1, std::vector(probes, ProbeRole::counted)};
}

// Plays a gate: each try of a probe takes what `server` says and ends as it says.
struct Play {
    struct Outcome {
        TryResult result;
        Duration took;
    };
    std::function<Outcome(std::size_t probe, Duration at)> server; // `at` since the gate's start
    RuleLimits limits;

    Verdict verdict = Verdict::open;
    Duration ended{0};
    std::vector<std::pair<std::size_t, Duration>> tries; // begun
    std::size_t most_in_flight = 0;
    Duration cost{0};
    bool once = false;
    std::optional<std::size_t> lost;

    void run() {
        GateRule rule(limits);
        std::multimap<Instant, std::pair<std::size_t, TryResult>> coming;
        Instant now = zero;
        std::vector<std::size_t> in_flight(limits.roles.size());
        auto actions = once ? rule.start_once(now) : rule.start(now);
        for (int step = 0; step < 1'000'000; ++step) {
            for (std::size_t probe : actions.tries) {
                tries.emplace_back(probe, std::chrono::duration_cast<Duration>(now - zero));
                auto [result, took] = server(probe, tries.back().second);
                result.took = took;
                cost += result.cost;
                most_in_flight = std::max(most_in_flight, ++in_flight[probe]);
                coming.emplace(now + took, std::pair(probe, result));
            }
            if (actions.verdict != Verdict::open) break;
            REQUIRE(actions.wake.has_value());
            if (!coming.empty() && coming.begin()->first <= *actions.wake) {
                now = coming.begin()->first;
                auto [probe, result] = coming.begin()->second;
                coming.erase(coming.begin());
                --in_flight[probe];
                actions = rule.on_result(probe, result, now);
            } else {
                now = *actions.wake;
                actions = rule.on_time(now);
            }
        }
        verdict = actions.verdict;
        lost = rule.lost();
        ended = std::chrono::duration_cast<Duration>(now - zero);
        for (std::size_t i = 0; i < limits.roles.size(); ++i)
            CHECK(rule.tries(i) ==
                  static_cast<std::size_t>(std::count_if(tries.begin(), tries.end(),
                                                         [i](const auto& t) { return t.first == i; })));
        CHECK(most_in_flight <= 1);
    }
    std::vector<Duration> times(std::size_t probe = 0) const {
        std::vector<Duration> out;
        for (auto [which, at] : tries)
            if (which == probe) out.push_back(at);
        return out;
    }
};

Play play(RuleLimits with, std::function<Play::Outcome(std::size_t, Duration)> server) {
    Play one;
    one.server = std::move(server);
    one.limits = with;
    one.run();
    return one;
}

} // namespace

TEST_CASE("the pause after a failure grows with its cost and with the time waited, up to the interval") {
    struct Row {
        Duration waited, cost, interval, pause;
    };
    for (auto [waited, cost, interval, pause] : {
             Row{0s, 0us, 1s, 1ms},     // never below a millisecond
             Row{0s, 35us, 1s, 2100us}, // a refused connect
             Row{4s, 35us, 1s, 4ms},    // a thousandth of the wait
             Row{8s, 35us, 1s, 80ms},   // a fiftieth of what goes beyond four seconds
             Row{900s, 35us, 1s, 1s},   //
             Row{0s, 2ms, 1s, 120ms},   // a TLS handshake
             Row{0s, 1s, 1s, 1s},       // never past the interval
             Row{900s, 35us, 200ms, 200ms},
             Row{0s, 35us, 500us, 500us}, // an interval below the shortest pause stands
             Row{24h, 24h, 24h, 24h},     // no overflow
         })
        CHECK(pause_after_failure(waited, cost, interval) == pause);
}

TEST_CASE("a kept connection is asked at one per cent of a core, a closed port that is watched seldom") {
    struct Row {
        Duration waited, cost, kept, watched;
    };
    for (auto [waited, cost, kept, watched] : {
             Row{0s, 35us, 3850us, 21ms},
             Row{0s, 1us, 1ms, 1ms},
             Row{4s, 35us, 4ms, 80ms}, // a fiftieth of the wait
             Row{900s, 35us, 1s, 1s},
         }) {
        CHECK(pause_after_failure(waited, cost, 1s, Pace::kept) == kept);
        CHECK(pause_after_failure(waited, cost, 1s, Pace::watched) == watched);
    }
}

TEST_CASE("long pauses of many gates differ, by a fifth at most; short ones are exact") {
    std::set<Duration> pauses;
    for (std::uint32_t gate = 1; gate <= 100; ++gate) {
        std::uint32_t seed = gate * 2654435761u;
        CHECK(jittered(99ms, seed) == 99ms);
        for (int round = 0; round < 10; ++round) {
            Duration pause = jittered(1s, seed);
            CHECK(pause <= 1s);
            CHECK(pause > 800ms);
            pauses.insert(pause);
        }
    }
    CHECK(pauses.size() > 500);
    auto with = limits();
    with.jitter = 1;
    with.deadline = 600s;
    auto one = play(with, [](auto, Duration at) { return Play::Outcome{at < 300s ? bad() : ok(), 30us}; });
    auto times = one.times();
    std::set<Duration> late; // around 200 s the pause is the interval
    for (std::size_t i = 1; i < times.size(); ++i)
        if (times[i] > 200s && times[i] < 220s) late.insert(times[i] - times[i - 1]);
    CHECK(late.size() > 10);
}

TEST_CASE("a gate passes with the first pass of its only probe") {
    auto one = play(limits(), [](auto, auto) { return Play::Outcome{ok(), 3ms}; });
    CHECK(one.verdict == Verdict::passed);
    CHECK(one.ended == 3ms);
    CHECK(one.tries.size() == 1);
}

TEST_CASE("refused tries follow each other within milliseconds, then ever more slowly") {
    auto one = play(limits(), [](auto, Duration at) { return Play::Outcome{at < 10s ? bad() : ok(), 30us}; });
    CHECK(one.verdict == Verdict::passed);
    CHECK(one.ended > 10s);
    CHECK(one.ended < 10s + 121ms); // a fiftieth of six seconds, and the try
    auto times = one.times();
    CHECK(times[1] - times[0] == 2100us + 30us);
    for (std::size_t i = 1; i < times.size(); ++i)
        CHECK(times[i] - times[i - 1] >= 1955us);
}

TEST_CASE(
    "waiting a quarter of an hour costs three thousand tries, and less than 1.9 % of a core at its start") {
    auto whole = limits();
    whole.deadline = 900s;
    auto one = play(whole, [](auto, auto) { return Play::Outcome{bad(), 35us}; });
    CHECK(one.verdict == Verdict::failed);
    CHECK(one.ended == 900s);
    CHECK(one.tries.size() < 3200);
    auto early = std::count_if(one.tries.begin(), one.tries.end(), [](auto& t) { return t.second < 2s; });
    CHECK(early * 35us < 2000ms * 19 / 1000);
    CHECK(early > 900); // and no fewer: that is what makes the gate quick
}

TEST_CASE("the deadline is hard, with a try in flight too") {
    auto with = limits();
    with.deadline = 5s;
    auto one = play(with, [](auto, auto) { return Play::Outcome{ok(), 10s}; });
    CHECK(one.verdict == Verdict::failed);
    CHECK(one.ended == 5s);
    CHECK(one.tries.size() == 1);

    GateRule rule(with);
    CHECK(rule.start(zero).tries.size() == 1);
    CHECK(rule.on_result(0, ok(), zero + 5s).verdict == Verdict::failed); // at the deadline is too late
    CHECK(rule.on_result(0, ok(), zero + 6s).verdict == Verdict::failed);
    CHECK(rule.on_time(zero + 7s).tries.empty());
}

TEST_CASE("a result just before the deadline counts, a deadline of zero fails at once") {
    auto with = limits();
    with.deadline = 5s;
    GateRule rule(with);
    rule.start(zero);
    CHECK(rule.on_result(0, ok(), zero + 5s - 1us).verdict == Verdict::passed);

    with.deadline = 0s;
    GateRule never(with);
    auto actions = never.start(zero);
    CHECK(actions.verdict == Verdict::failed);
    CHECK(actions.tries.empty());
}

TEST_CASE("several passes in a row are asked for an interval apart, and a failure between them starts over") {
    auto with = limits();
    with.passes = 3;
    auto steady = play(with, [](auto, auto) { return Play::Outcome{ok(), 1ms}; });
    CHECK(steady.times() == std::vector<Duration>{0s, 1001ms, 2002ms});
    CHECK(steady.ended == 2003ms);

    int count = 0;
    auto broken = play(with, [&](auto, auto) { return Play::Outcome{++count == 3 ? bad() : ok(), 1ms}; });
    CHECK(broken.verdict == Verdict::passed);
    CHECK(broken.tries.size() == 6);
}

TEST_CASE("settling counts from the first pass, ends with a pass, and one failure starts it over") {
    auto with = limits();
    with.settle = 5s;
    auto steady = play(with, [](auto, auto) { return Play::Outcome{ok(), 0us}; });
    CHECK(steady.verdict == Verdict::passed);
    CHECK(steady.ended == 5s);

    auto flapping = play(with, [](auto, Duration at) {
        return Play::Outcome{at >= 3s && at < 3500ms ? bad() : ok(), 0us};
    });
    CHECK(flapping.verdict == Verdict::passed);
    CHECK(flapping.ended >= 8500ms);
    CHECK(flapping.ended < 8600ms);
}

TEST_CASE("a settle time below the interval is not over without a second pass") {
    auto with = limits();
    with.settle = 100ms;
    int count = 0;
    auto one = play(with, [&](auto, auto) { return Play::Outcome{++count == 2 ? bad() : ok(), 0us}; });
    CHECK(one.verdict == Verdict::passed);
    CHECK(one.times()[1] == 100ms);
    CHECK(one.tries.size() == 4);
    CHECK(one.ended >= 200ms);
}

TEST_CASE("with passes and settle both are reached, settle counted from the first of the passes") {
    auto with = limits();
    with.passes = 3;
    with.settle = 1500ms;
    auto one = play(with, [](auto, auto) { return Play::Outcome{ok(), 0us}; });
    CHECK(one.verdict == Verdict::passed);
    CHECK(one.ended == 2s);
}

TEST_CASE("all probes must pass, each with a stream of tries of its own") {
    auto one = play(limits(2), [](std::size_t probe, Duration at) {
        return Play::Outcome{probe == 1 && at < 3s ? bad() : ok(), 1ms};
    });
    CHECK(one.verdict == Verdict::passed);
    CHECK(one.ended > 3s);
    CHECK(one.ended < 3010ms);
    CHECK(one.times(0).size() <= 5); // an interval apart while it waits for the other
    CHECK(one.times(1).size() > 100);
}

TEST_CASE("a probe that has passed is not asked again when another one passes soon after") {
    auto one = play(limits(3), [](std::size_t probe, Duration) {
        return Play::Outcome{ok(), probe == 1 ? 300ms : 250ms};
    });
    CHECK(one.verdict == Verdict::passed);
    CHECK(one.ended == 300ms);
    for (std::size_t probe = 0; probe < 3; ++probe)
        CHECK(one.times(probe).size() == 1);
}

TEST_CASE("a probe that passed once and fails while another is waited for holds the gate closed") {
    auto one = play(limits(2), [](std::size_t probe, Duration at) {
        if (probe == 0) return Play::Outcome{at < 500ms || at > 5s ? ok() : bad(), 1ms};
        return Play::Outcome{at < 3s ? bad() : ok(), 1ms};
    });
    CHECK(one.verdict == Verdict::passed);
    CHECK(one.ended > 5s);
}

TEST_CASE("an old pass is no pass while the next try of that probe hangs") {
    auto with = limits(2);
    with.deadline = 20s;
    auto one = play(with, [](std::size_t probe, Duration at) {
        if (probe == 0) return Play::Outcome{at < 1s ? ok() : bad(Cause::timeout), at < 1s ? 1ms : 10s};
        return Play::Outcome{at < 3s ? bad() : ok(), 1ms};
    });
    CHECK(one.verdict == Verdict::failed);
    CHECK(one.ended == 20s);
}

TEST_CASE("probes that never pass at the same time never pass the gate") {
    auto with = limits(2);
    with.deadline = 30s;
    with.settle = 1500ms; // a pass alone is good for an interval
    auto one = play(with, [](std::size_t probe, Duration at) {
        bool even = (at / 1s / 2) % 2 == 0;
        return Play::Outcome{even == (probe == 0) ? ok() : bad(), 100us};
    });
    CHECK(one.verdict == Verdict::failed);
}

TEST_CASE("failing probes share what tries may cost") {
    auto four = limits(4);
    four.deadline = 4s;
    auto one = play(four, [](auto, auto) { return Play::Outcome{bad(), 35us}; });
    CHECK(one.cost < 4000ms * 19 / 1000);
}

TEST_CASE("one dear try among cheap ones of its kind makes no long pause, one of another kind does") {
    GateRule rule(limits());
    auto now = zero;
    rule.start(now);
    auto pause = [&](Cause cause, Duration cost) {
        TryResult result;
        result.cause = cause;
        result.cost = cost;
        auto actions = rule.on_result(0, result, now);
        auto until = *actions.wake - now;
        now = *actions.wake;
        rule.on_time(now);
        return until;
    };
    CHECK(pause(Cause::refused, 40us) == 2400us);
    CHECK(pause(Cause::refused, 4ms) == 2400us);
    CHECK(pause(Cause::refused, 40us) == 2400us);
    CHECK(pause(Cause::refused, 400us) == 2400us);
    CHECK(pause(Cause::refused, 400us) == 24ms); // twice: so it is
    CHECK(pause(Cause::tls, 2ms) == 120ms);
    CHECK(pause(Cause::refused, 40us) == 2400us);
    CHECK(pause(Cause::tls, 2ms) == 120ms);
}

TEST_CASE("an interval below a millisecond is kept") {
    auto with = limits();
    with.interval = 200us;
    with.deadline = 10ms;
    auto one = play(with, [](auto, auto) { return Play::Outcome{bad(), 50us}; });
    auto times = one.times();
    REQUIRE(times.size() > 10);
    for (std::size_t i = 1; i < times.size(); ++i)
        CHECK(times[i] - times[i - 1] == 250us);
}

TEST_CASE("a probe that tells of changes is tried when it says so, and else only each interval") {
    GateRule rule(limits());
    REQUIRE(rule.start(zero).tries.size() == 1);
    TryResult told = bad(Cause::inactive);
    told.told = true;
    auto actions = rule.on_result(0, told, zero + 1ms);
    CHECK(actions.tries.empty());
    CHECK(actions.wake == zero + 1ms + 1s); // an untold failure would be tried again within milliseconds
    actions = rule.on_change(0, zero + 300ms);
    CHECK(actions.tries == std::vector<std::size_t>{0});
    CHECK(rule.on_change(0, zero + 300ms).tries.empty()); // one is in flight
    CHECK(rule.on_result(0, ok(), zero + 300ms).verdict == Verdict::passed);
    CHECK(rule.on_change(0, zero + 301ms).tries.empty());
    CHECK(rule.tries(0) == 2);
}

TEST_CASE("a change after a pass is tried at once, and its failure starts the settle time over") {
    RuleLimits with = limits();
    with.settle = 3s;
    GateRule rule(with);
    rule.start(zero);
    rule.on_result(0, ok(), zero);
    REQUIRE(rule.on_change(0, zero + 500ms).tries.size() == 1);
    TryResult told = bad(Cause::inactive);
    told.told = true;
    rule.on_result(0, told, zero + 500ms);
    REQUIRE(rule.on_change(0, zero + 600ms).tries.size() == 1);
    rule.on_result(0, ok(), zero + 600ms);
    CHECK(rule.on_time(zero + 3s).verdict == Verdict::open);
}

TEST_CASE("a result without a try changes nothing") {
    GateRule rule(limits(2));
    rule.start(zero);
    rule.on_result(0, bad(), zero + 1ms);
    CHECK(rule.on_result(0, ok(), zero + 2ms).verdict == Verdict::open);
    CHECK(rule.on_result(1, ok(), zero + 2ms).verdict == Verdict::open);
    CHECK(rule.tries(0) == 1);
}

TEST_CASE("every cause has a word of its own") {
    std::vector<std::string_view> words;
    for (int cause = 0; cause <= static_cast<int>(Cause::unwanted); ++cause)
        words.push_back(cause_name(static_cast<Cause>(cause)));
    CHECK(cause_name(Cause::none) == "pass");
    CHECK(cause_name(Cause::too_large) == "too-large");
    std::sort(words.begin(), words.end());
    CHECK(std::adjacent_find(words.begin(), words.end()) == words.end());
    CHECK(std::find(words.begin(), words.end(), "unknown") == words.end());
}
