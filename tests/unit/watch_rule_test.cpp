// SPDX-License-Identifier: MIT
// The rule of a watch with a fake clock: whole days as tables.
#include "catch.hpp"

#include <map>
#include <sstream>

#include "deploy/redeploys.hpp"
#include "gate/watch_rule.hpp"

using namespace unitgate;
using namespace std::chrono_literals;

namespace {

constexpr Instant zero{Clock::duration(1s)}; // no special value
constexpr auto counted = ProbeRole::counted, always = ProbeRole::always, optional = ProbeRole::optional;

// What a probe does: "p0 f60 p90" passes, fails from second 60 on, passes again from 90 on; 'd' fails during
// a deploy; '-' hangs for five seconds and fails.
char doing(const std::string& script, Duration at) {
    char now = 'p';
    std::istringstream words(script);
    for (std::string each; words >> each;)
        if (std::chrono::seconds(std::stol(each.substr(1))) <= at) now = each[0];
    return now;
}

struct Day {
    std::string turns; // "bad 62; good 91; "
    std::vector<int> tries;
    std::vector<std::size_t> warned;
    bool on_time = true;
};

Day play(const WatchLimits& limits, const std::vector<std::string>& scripts, Duration length = 200s,
         bool healthy = true) {
    WatchRule rule(limits, healthy);
    Day day;
    day.tries.resize(scripts.size());
    std::multimap<Instant, std::tuple<std::size_t, TryResult, bool>> coming;
    Instant now = zero;
    auto actions = rule.start(now);
    CHECK(actions.tries.empty());
    while (now - zero < length) {
        auto at = std::chrono::duration_cast<Duration>(now - zero);
        if (actions.turned)
            day.turns += (rule.is_healthy() ? "good " : "bad ") + std::to_string(at / 1s) + "; ";
        day.warned.insert(day.warned.end(), actions.warn_of.begin(), actions.warn_of.end());
        for (std::size_t probe : actions.tries) {
            ++day.tries[probe];
            char what = doing(scripts[probe], at);
            TryResult result;
            result.cause = what == 'p' ? Cause::none : Cause::refused;
            coming.emplace(now + (what == '-' ? 5s : 1ms), std::tuple(probe, result, what != 'd'));
        }
        if (!coming.empty() && coming.begin()->first <= actions.wake) {
            now = coming.begin()->first;
            auto [probe, result, counts] = coming.begin()->second;
            coming.erase(coming.begin());
            actions = rule.on_result(probe, result, now, counts);
        } else {
            REQUIRE(actions.wake > now); // else the loop would spin
            now = actions.wake;
            actions = rule.on_time(now);
        }
        day.on_time = day.on_time && rule.is_on_time(now, 5s);
    }
    return day;
}

WatchLimits limits(std::vector<ProbeRole> roles = {counted}, int failures = 3, bool any = false) {
    WatchLimits one;
    one.interval = 10s;
    one.failures = failures;
    one.roles = std::move(roles);
    one.any = any;
    return one;
}

} // namespace

TEST_CASE(
    "an app is unhealthy after so many failures in a row and healthy with its next pass, each told once") {
    struct Row {
        std::string what;
        WatchLimits limits;
        std::vector<std::string> scripts;
        std::string turns;
    };
    auto twice = limits();
    twice.passes = 2;
    for (const Row& row : {
             Row{"healthy", limits(), {"p0"}, ""},
             Row{"down for good", limits(), {"f61"}, "bad 90; "}, // at 70, 80 and 90
             Row{"down and up again", limits(), {"f61 p101"}, "bad 90; good 110; "},
             Row{"two failures are none", limits(), {"f61 p81"}, ""},
             Row{"a pass between starts over", limits(), {"f61 p81 f91 p111"}, ""},
             Row{"one failure is enough", limits({counted}, 1), {"f61 p71"}, "bad 70; good 80; "},
             Row{"flapping",
                 limits({counted}, 1),
                 {"f61 p71 f81 p91"},
                 "bad 70; good 80; bad 90; good 100; "},
             Row{"healthy again after two passes", twice, {"f61 p101 f111 p121"}, "bad 90; good 140; "},
             Row{"a deploy is no failure", limits(), {"d61 p121"}, ""},
             Row{"a deploy between failures starts over", limits(), {"f61 d81 f91 p111"}, ""},
             Row{"the deploy did not help", limits(), {"d61 f101"}, "bad 130; "},
             Row{"hanging counts when it ends", limits(), {"-61"}, "bad 95; "},
             Row{"one of two", limits({counted, counted}), {"p0", "f61 p101"}, "bad 90; good 110; "},
             Row{"one of two of which one is enough", limits({counted, counted}, 3, true), {"p0", "f61"}, ""},
             Row{"both of them",
                 limits({counted, counted}, 3, true),
                 {"f41", "f61 p101"},
                 "bad 90; good 110; "},
             Row{"what must pass always", limits({counted, always}, 3, true), {"p0", "f61"}, "bad 90; "},
             Row{"an optional one", limits({counted, optional}), {"p0", "f61"}, ""},
         }) {
        Day day = play(row.limits, row.scripts);
        INFO(row.what);
        CHECK(day.turns == row.turns);
        CHECK(day.on_time);
    }
    CHECK(play(limits({counted, optional}), {"p0", "f61 p101 f121"}).warned ==
          std::vector<std::size_t>{1, 1});
    CHECK(play(limits(), {"f0"}, 200s, false).turns.empty()); // told before
    CHECK(play(limits(), {"f0 p41"}, 200s, false).turns == "good 50; ");
}

TEST_CASE("tries begin an interval apart, whatever they take, and one at a time") {
    CHECK(play(limits(), {"p0"}, 100s).tries[0] == 9);
    CHECK(play(limits(), {"-0"}, 100s).tries[0] == 9);
    auto quick = limits();
    quick.interval = 2s; // shorter than a try that hangs: the next begins as that ends
    CHECK(play(quick, {"-0"}, 100s).tries[0] == 20);
}

TEST_CASE("a probe that tells of a change is tried at once") {
    WatchRule rule(limits({counted}, 1), true);
    rule.start(zero);
    CHECK(rule.on_change(0, zero + 3s).tries == std::vector<std::size_t>{0});
    CHECK(rule.on_change(0, zero + 3s).tries.empty());
    TryResult bad;
    bad.cause = Cause::failed;
    auto actions = rule.on_result(0, bad, zero + 3s);
    CHECK(actions.turned);
    CHECK_FALSE(rule.is_healthy());
    REQUIRE(rule.worst());
    CHECK(rule.worst()->failures == 1);
    CHECK(actions.wake == zero + 13s);
}

TEST_CASE("a loop that makes no tries, or whose tries do not end, is not on time") {
    WatchRule rule(limits(), true);
    rule.start(zero);
    CHECK(rule.is_on_time(zero + 14s, 2s));
    CHECK_FALSE(rule.is_on_time(zero + 16s, 2s)); // due at 10 s
    rule.on_time(zero + 10s);
    CHECK(rule.is_on_time(zero + 16s, 2s));
    CHECK_FALSE(rule.is_on_time(zero + 18s, 2s)); // a try takes two seconds at most
    rule.on_result(0, TryResult{}, zero + 18s);
    CHECK(rule.is_on_time(zero + 20s, 2s));
}

TEST_CASE("an app is not deployed again for ever") {
    Redeploys redeploys;
    for (std::size_t i = 0; i < Redeploys::most; ++i)
        CHECK(redeploys.may_begin(zero + i * 1h));
    CHECK_FALSE(redeploys.may_begin(zero + 5h));
    CHECK_FALSE(redeploys.may_begin(zero + 24h - 1s));
    CHECK(redeploys.may_begin(zero + 24h)); // a day after the first
    CHECK_FALSE(redeploys.may_begin(zero + 24h + 1s));
}
