// SPDX-License-Identifier: MIT
// The rest of the gate's rule: which probes have to pass, and what ends a gate before its deadline. Whole
// schedules of results are rows of tables; the clock is a fake.
#include "catch.hpp"

#include <map>
#include <random>
#include <sstream>

#include "gate/rule.hpp"

using namespace unitgate;
using namespace std::chrono_literals;

namespace {

constexpr Instant zero{Clock::duration(1s)}; // no special value

using Verdict = GateRule::Verdict;
constexpr auto counted = ProbeRole::counted, always = ProbeRole::always, optional = ProbeRole::optional;

std::string word(Verdict verdict) {
    switch (verdict) {
    case Verdict::open:
        return "open";
    case Verdict::passed:
        return "passed";
    case Verdict::failed:
        return "failed";
    case Verdict::gave_up:
        return "gave-up";
    case Verdict::hopeless:
        break;
    }
    return "hopeless";
}

// What a probe does over time: "f0 p3000" fails from 0 ms on and passes from 3000 ms on; 'h' fails without
// hope, '-' does not answer before the next change. A try takes a millisecond.
struct Script {
    std::vector<std::pair<char, Duration>> parts;
    explicit Script(const std::string& text) {
        std::istringstream words(text);
        for (std::string each; words >> each;)
            parts.emplace_back(each[0], std::chrono::milliseconds(std::stol(each.substr(1))));
    }
    std::size_t part_at(Duration at) const {
        std::size_t i = 0;
        while (i + 1 < parts.size() && parts[i + 1].second <= at)
            ++i;
        return i;
    }
    // The result of a try that begins at `at`, and when it ends.
    std::pair<TryResult, Duration> result(Duration at) const {
        std::size_t i = part_at(at);
        TryResult result;
        if (parts[i].first == '-') {
            result.cause = Cause::timeout;
            Duration end = i + 1 < parts.size() ? parts[i + 1].second : at + 1h;
            result.took = end - at;
            return {result, end};
        }
        if (parts[i].first != 'p') result.cause = parts[i].first == 'h' ? Cause::failed : Cause::refused;
        result.hopeless = parts[i].first == 'h';
        result.cost = 100us;
        result.took = 1ms;
        return {result, at + 1ms};
    }
};

struct Ended {
    Verdict verdict;
    std::int64_t at; // ms since the start, rounded down
    std::optional<std::size_t> lost;
    std::vector<int> tries;
};

Ended play(const RuleLimits& limits, const std::vector<std::string>& texts, bool once = false) {
    std::vector<Script> scripts(texts.begin(), texts.end());
    GateRule rule(limits);
    std::multimap<Instant, std::pair<std::size_t, TryResult>> coming;
    Instant now = zero;
    std::vector<int> tries(texts.size());
    auto actions = once ? rule.start_once(now) : rule.start(now);
    for (int step = 0; actions.verdict == Verdict::open; ++step) {
        REQUIRE(step < 1'000'000);
        for (std::size_t probe : actions.tries) {
            ++tries[probe];
            auto [result, end] = scripts[probe].result(std::chrono::duration_cast<Duration>(now - zero));
            coming.emplace(zero + end, std::pair(probe, result));
        }
        REQUIRE(actions.wake.has_value());
        if (!coming.empty() && coming.begin()->first <= *actions.wake) {
            now = coming.begin()->first;
            auto [probe, result] = coming.begin()->second;
            coming.erase(coming.begin());
            actions = rule.on_result(probe, result, now);
        } else {
            REQUIRE(*actions.wake > now); // else the loop would spin
            now = *actions.wake;
            actions = rule.on_time(now);
        }
    }
    return {actions.verdict, (now - zero) / 1ms, rule.lost(), tries};
}

RuleLimits limits(std::vector<ProbeRole> roles, bool any = false) {
    RuleLimits one{60s, 1s, 0s, 1, std::move(roles)};
    one.any = any;
    return one;
}

struct Row {
    std::string what;
    RuleLimits limits;
    std::vector<std::string> scripts;
    Verdict verdict;
    std::int64_t from, to; // ms
    std::optional<std::size_t> lost{};
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        Ended ended = play(row.limits, row.scripts);
        INFO(row.what << ": " << word(ended.verdict) << " at " << ended.at << " ms");
        CHECK(ended.verdict == row.verdict);
        CHECK(ended.at >= row.from);
        CHECK(ended.at <= row.to);
        CHECK(ended.lost == row.lost);
    }
}

RuleLimits with(RuleLimits base, int give_up, Duration start_period = 0s, bool fail_fast = false) {
    base.give_up = give_up;
    base.start_period = start_period;
    base.fail_fast = fail_fast;
    return base;
}

} // namespace

TEST_CASE("with any, one probe is enough, and what must pass always has to all the same") {
    auto settled = limits({counted, counted}, true);
    settled.settle = 5s;
    auto twice = limits({counted, counted}, true);
    twice.passes = 3;
    check({
        {"one of two passes", limits({counted, counted}, true), {"f0", "p0"}, Verdict::passed, 1, 1},
        {"the other one does", limits({counted, counted}, true), {"p0", "f0"}, Verdict::passed, 1, 1},
        {"a hanging one is not waited for",
         limits({counted, counted}, true),
         {"-0", "p0"},
         Verdict::passed,
         1,
         1},
        {"none does", limits({counted, counted}, true), {"f0", "f0"}, Verdict::failed, 60000, 60000},
        {"later", limits({counted, counted}, true), {"f0", "f0 p3000"}, Verdict::passed, 3000, 3010},
        {"without any both have to",
         limits({counted, counted}),
         {"f0 p3000", "p0"},
         Verdict::passed,
         3000,
         3010},
        {"always counts too",
         limits({counted, counted, always}, true),
         {"p0", "f0", "f0 p2000"},
         Verdict::passed,
         2000,
         2010},
        {"always alone is not enough",
         limits({counted, counted, always}, true),
         {"f0", "f0", "p0"},
         Verdict::failed,
         60000,
         60000},
        {"settle is of one probe", settled, {"p0 f2000", "f0 p1000"}, Verdict::passed, 6000, 6010},
        {"two that take turns do not settle",
         settled,
         {"p0 f3000 p6000 f9000 p12000 f15000", "f0 p3000 f6000 p9000 f12000"},
         Verdict::failed,
         60000,
         60000},
        {"passes are of one probe", twice, {"p0 f1500", "f0 p1000"}, Verdict::passed, 3000, 3010},
    });
}

TEST_CASE("an optional probe never keeps a gate closed, and is given one more try of a second at most") {
    auto one = limits({counted, optional});
    auto settled = one;
    settled.settle = 3s;
    auto late = one;
    late.deadline = 500ms;
    check({
        {"it passes too", one, {"p0", "p0"}, Verdict::passed, 1, 1},
        {"it fails", one, {"p0", "f0"}, Verdict::passed, 1, 3},
        {"it hangs", one, {"p0", "-0"}, Verdict::passed, 1001, 1001},
        {"it hangs for a while", one, {"p0", "-0 p400"}, Verdict::passed, 400, 401},
        {"it passes as the other one begins to", one, {"f0 p5000", "f0 p5000"}, Verdict::passed, 5000, 5021},
        {"it hangs at the end of settling", settled, {"p0", "p0 -2500"}, Verdict::passed, 3001, 3002},
        {"the deadline comes while it is waited for", late, {"p0", "-0"}, Verdict::passed, 500, 500},
        {"the other one fails while it is waited for",
         one,
         {"p0 f500 p2000", "-0"},
         Verdict::passed,
         1001,
         1001},
        {"it alone passes", one, {"f0", "p0"}, Verdict::failed, 60000, 60000},
    });
    CHECK(play(one, {"f0 p5000", "f0 p5000"}).tries[1] > 2);
    // The one more try: it fails while all fail, and passes once it is asked again.
    auto asked = play(one, {"f0 p5000", "f0 p4995"});
    CHECK(asked.verdict == Verdict::passed);
}

TEST_CASE("giving up takes so many failures in a row, and the intervals between them") {
    auto one = limits({counted});
    auto slow = one;
    slow.interval = 10s;
    check({
        {"five failures, four seconds", with(one, 5), {"f0"}, Verdict::gave_up, 4001, 4001, 0},
        {"one failure", with(one, 1), {"f0"}, Verdict::gave_up, 1, 1, 0},
        {"a pass would have come too late", with(one, 5), {"f0 p4500"}, Verdict::gave_up, 4001, 4001, 0},
        {"a pass before", with(one, 5), {"f0 p3900"}, Verdict::passed, 3900, 3910},
        {"the start period does not count", with(one, 5, 10s), {"f0"}, Verdict::gave_up, 14000, 14201, 0},
        {"a pass within it", with(one, 1, 10s), {"f0 p9000"}, Verdict::passed, 9000, 9101},
        {"one failure after it", with(one, 1, 10s), {"f0"}, Verdict::gave_up, 10000, 10121, 0},
        {"tries that hang count when they end",
         with(one, 2),
         {"-0 -10000 -20000 -30000"},
         Verdict::gave_up,
         20000,
         20000,
         0},
        {"the deadline comes first", with(one, 100), {"f0"}, Verdict::failed, 60000, 60000},
        {"a long interval", with(slow, 3), {"f0"}, Verdict::gave_up, 20001, 20001, 0},
        {"one of two that have to pass",
         with(limits({counted, counted}), 3),
         {"p0", "f0"},
         Verdict::gave_up,
         2001,
         2001,
         1},
        {"one of two of which one is enough",
         with(limits({counted, counted}, true), 3),
         {"f0", "f0 p6000"},
         Verdict::gave_up,
         2001,
         2002,
         0},
        {"the other one has just failed once",
         with(limits({counted, counted}, true), 3),
         {"f0", "-0 f5000"},
         Verdict::gave_up,
         7000,
         7001,
         0},
        {"an optional one",
         with(limits({counted, optional}), 2),
         {"-0 p5000", "f0"},
         Verdict::passed,
         5000,
         5100},
        {"one that must pass always",
         with(limits({counted, always}, true), 2),
         {"p0", "f0"},
         Verdict::gave_up,
         1001,
         1002,
         1},
    });
    // A pass in between starts the count over, also where the gate is not passed by it.
    auto both = with(limits({counted, counted}), 4);
    check({{"flapping", both, {"f0 p2500 f2600 p5000 f5100", "f0 p50000"}, Verdict::gave_up, 3001, 3001, 1},
           {"flapping for ever",
            with(limits({counted, counted}), 4),
            {"f0 p2500 f3600 p6000 f7100 p9500 f10600 p13000", "-0 p20000"},
            Verdict::passed,
            20000,
            20321}}); // after so long the pause is 320 ms
}

TEST_CASE("a failure that no waiting heals ends a gate that fails fast, and no other") {
    auto one = limits({counted});
    check({
        {"at once", with(one, 0, 0s, true), {"h0"}, Verdict::hopeless, 1, 1, 0},
        {"when it comes", with(one, 0, 0s, true), {"f0 h7000"}, Verdict::hopeless, 7000, 7061, 0},
        {"not without fail_fast", with(one, 0), {"h0 p8000"}, Verdict::passed, 8000, 8040},
        {"after the start period", with(one, 0, 5s, true), {"h0"}, Verdict::hopeless, 5001, 5001, 0},
        {"healed within it", with(one, 0, 5s, true), {"h0 p4000"}, Verdict::passed, 4000, 4010},
        {"healed at its very end: it is looked at again",
         with(one, 0, 5s, true),
         {"h0 f4999 p9000"},
         Verdict::passed,
         9000,
         9101},
        {"one of two",
         with(limits({counted, counted}), 0, 0s, true),
         {"p0", "h0"},
         Verdict::hopeless,
         1,
         1,
         1},
        {"one of two of which one is enough",
         with(limits({counted, counted}, true), 0, 0s, true),
         {"h0", "f0 p3000"},
         Verdict::passed,
         3000,
         3010},
        {"both of them",
         with(limits({counted, counted}, true), 0, 0s, true),
         {"h0", "f0 h3000"},
         Verdict::hopeless,
         3000,
         3010,
         0},
        {"an optional one",
         with(limits({counted, optional}), 0, 0s, true),
         {"f0 p3000", "h0"},
         Verdict::passed,
         3000,
         3010},
        {"the app's own unit, with any",
         with(limits({counted, counted, always}, true), 0, 0s, true),
         {"f0", "f0", "p0 h2000"},
         Verdict::hopeless,
         2000,
         3010,
         2},
    });
}

TEST_CASE("one try of each probe follows the same rule of who has to pass") {
    struct Once {
        std::vector<ProbeRole> roles;
        bool any;
        std::vector<std::string> scripts;
        Verdict verdict;
        std::int64_t at;
    };
    for (const Once& row : std::vector<Once>{
             {{counted, counted}, false, {"p0", "p0"}, Verdict::passed, 1},
             {{counted, counted}, false, {"p0", "f0"}, Verdict::failed, 1},
             {{counted, counted}, false, {"f0", "-0 p4000"}, Verdict::failed, 4000}, // all are heard
             {{counted, counted}, true, {"f0", "p0"}, Verdict::passed, 1},
             {{counted, counted}, true, {"-0", "p0"}, Verdict::passed, 1},
             {{counted, optional}, false, {"p0", "f0"}, Verdict::passed, 1},
             {{counted, optional}, false, {"p0", "-0"}, Verdict::passed, 1001},
             {{counted, optional}, false, {"f0", "-0"}, Verdict::failed, 1},
             {{counted, always}, true, {"p0", "f0"}, Verdict::failed, 1},
             {{counted}, false, {"h0"}, Verdict::failed, 1},
         }) {
        auto base = with(limits(row.roles, row.any), 1, 0s, true); // neither ends one try early
        base.settle = 10s;
        base.passes = 5;
        auto ended = play(base, row.scripts, true);
        CHECK(ended.verdict == row.verdict);
        CHECK(ended.at == row.at);
        for (int tries : ended.tries)
            CHECK(tries == 1);
    }
}

TEST_CASE("one try of each probe for a person waits for every answer") {
    GateRule rule(limits({counted, counted, optional}, true));
    CHECK(rule.start_once(zero, true).tries.size() == 3);
    CHECK(rule.on_result(0, TryResult{}, zero + 1ms).verdict == Verdict::open);
    CHECK(rule.on_result(2, TryResult{}, zero + 4s).verdict == Verdict::open);
    CHECK(rule.on_result(1, TryResult{}, zero + 5s).verdict == Verdict::passed);
}

// Against a slow and plain reading of the same sentences, over random schedules.
TEST_CASE(
    "whatever probes do, a gate passes only when a way of passing holds, and ends early only when none can") {
    std::mt19937 random(20261126); // the same each time
    auto pick = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
    for (int round = 0; round < 2000; ++round) {
        std::vector<ProbeRole> roles{counted};
        for (int i = pick(3); i > 0; --i)
            roles.push_back(std::vector{counted, always, optional}[static_cast<std::size_t>(pick(3))]);
        RuleLimits one =
            with(limits(roles, pick(2) == 0), pick(3) * pick(6), std::chrono::seconds(pick(8)), pick(2) == 0);
        one.deadline = 20s;
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < roles.size(); ++i) {
            std::string text;
            for (int at = 0; at < 20000; at += 500 + pick(5000))
                text += std::string(1, "fphf-p"[pick(6)]) + std::to_string(at) + " ";
            texts.push_back(text);
        }
        Ended ended = play(one, texts);
        auto does = [&](std::size_t i, std::string_view what, std::int64_t back) {
            const Script script(texts[i]);
            Duration at = std::chrono::milliseconds(ended.at);
            for (Duration t = std::max(at - std::chrono::milliseconds(back), Duration(0)); t <= at; t += 1ms)
                if (what.find(script.parts[script.part_at(t)].first) != std::string_view::npos) return true;
            return false;
        };
        Ways ways(roles, one.any);
        std::string shown;
        for (auto& text : texts)
            shown += text + "| ";
        INFO("round " << round << ": " << word(ended.verdict) << " at " << ended.at << "; " << shown);
        // A pass is good for an interval and a try.
        if (ended.verdict == Verdict::passed)
            CHECK(ways.one_has_all([&](std::size_t i) { return does(i, "p", 2003); }));
        if (ended.verdict == Verdict::hopeless) {
            CHECK(one.fail_fast);
            CHECK(ended.at >= one.start_period / 1ms);
            CHECK(ways.each_has_one([&](std::size_t i) { return does(i, "h", 1003); }));
        }
        if (ended.verdict == Verdict::gave_up) {
            CHECK(one.give_up > 0);
            CHECK(ended.at >= (one.start_period + (one.give_up - 1) * one.interval) / 1ms);
            CHECK(ways.each_has_one([&](std::size_t i) { return does(i, "fh-", 1003); }));
        }
        if (ended.verdict == Verdict::failed) CHECK(ended.at == 20000);
        CHECK(ended.lost.has_value() ==
              (ended.verdict == Verdict::gave_up || ended.verdict == Verdict::hopeless));
    }
}
