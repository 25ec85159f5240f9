// SPDX-License-Identifier: MIT
// The steps of a run: whole runs as tables, and every run there can be as an exhaustive search.
#include "catch.hpp"

#include <algorithm>
#include <set>

#include "deploy/steps.hpp"

using namespace unitgate;
using step::Action;

namespace {

std::string code(RunExit exit) {
    return std::to_string(static_cast<int>(exit));
}

std::string show(const Action& action) {
    struct Show {
        std::string operator()(const step::FindVersion&) { return "find"; }
        std::string operator()(const step::TryOnce& a) { return "try " + a.version; }
        std::string operator()(const step::Deploy& a) {
            return (a.is_rollback ? "redeploy " : "deploy ") + a.version;
        }
        std::string operator()(const step::Gate& a) {
            return (a.is_rollback ? "regate " : "gate ") + a.version;
        }
        std::string operator()(const step::NoteUnderWay& a) {
            return "note " + std::string(phase_name(a.phase)) + (a.version.empty() ? "" : " " + a.version);
        }
        std::string operator()(const step::RecordLastGood& a) {
            return "good " + a.release.version + "/" + a.release.fingerprint + (a.drop_hold ? " drop" : "");
        }
        std::string operator()(const step::RecordPass& a) { return a.wanted ? "pass" : "up"; }
        std::string operator()(const step::Hold& a) {
            return "hold " + a.release.version + "/" + a.release.fingerprint;
        }
        std::string operator()(const step::ClearNote&) { return "clear"; }
        std::string operator()(const step::Alert& a) {
            return "alert " + std::string(reason_name(a.reason)) + " " +
                   (a.version.empty() ? "-" : a.version) +
                   (a.rolled_back_to.empty() ? "" : " to " + a.rolled_back_to);
        }
        std::string operator()(const step::Tell&) { return ""; }
        std::string operator()(const step::Ready& a) {
            return "READY " + a.version + (a.failed_version.empty() ? "" : " not " + a.failed_version);
        }
        std::string operator()(const step::Finish& a) { return "finish " + code(a.code); }
    };
    return std::visit(Show{}, action);
}

// Carries out nothing: writes down every action but Tell, and answers each that waits with the next event.
std::string whole_run(StepsConfig config, const std::vector<step::Event>& events) {
    Steps steps(std::move(config));
    std::string log;
    auto add = [&](const std::vector<Action>& actions) {
        for (const Action& action : actions)
            if (std::string one = show(action); !one.empty()) log += (log.empty() ? "" : "; ") + one;
    };
    add(steps.start());
    for (const step::Event& event : events)
        add(steps.on(event));
    return log;
}

StepsConfig with(std::optional<Release> last_good, std::optional<Release> held = std::nullopt) {
    StepsConfig config;
    config.fingerprint = "f";
    config.last_good = std::move(last_good);
    config.held = std::move(held);
    return config;
}

const step::VersionFound v2{"2"};
const Release good1{"1", "f"}, good2{"2", "f"}, old2{"2", "e"};

} // namespace

TEST_CASE("every reason has a name that reads back") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Reason::unhealthy_while_active); ++i) {
        auto reason = static_cast<Reason>(i);
        CHECK(reason_from(reason_name(reason)) == reason);
        names.insert(reason_name(reason));
    }
    CHECK(names.size() == 10);
    CHECK_FALSE(reason_from("unhealthy"));
}

TEST_CASE("a first deploy that passes its gate is recorded before it is ready") {
    CHECK(whole_run(with({}), {v2, step::Deployed{}, step::GatePassed{}}) ==
          "note version; find; note deploy 2; deploy 2; note gate 2; gate 2; good 2/f drop; pass; clear; "
          "READY 2; "
          "finish 0");
}

TEST_CASE("a healthy last good is not deployed again") {
    CHECK(whole_run(with(good2), {v2, step::TriedOnce{true}}) ==
          "note version; find; try 2; pass; clear; READY 2; finish 0");
}

TEST_CASE("an unhealthy last good is deployed again and not rolled back") {
    CHECK(whole_run(with(good2), {v2, step::TriedOnce{false}, step::Deployed{}, step::GateFailed{"x"}}) ==
          "note version; find; try 2; note deploy 2; deploy 2; note gate 2; gate 2; alert "
          "unhealthy-on-last-good 2; "
          "clear; finish 69");
}

TEST_CASE("when = always deploys what is healthy already") {
    StepsConfig config = with(good2);
    config.always_deploy = true;
    CHECK(whole_run(config, {v2, step::Deployed{}, step::GatePassed{}}) ==
          "note version; find; note deploy 2; deploy 2; note gate 2; gate 2; good 2/f drop; pass; clear; "
          "READY 2; "
          "finish 0");
}

TEST_CASE("an edited deploy table at the same version is deployed, and its failure is not held") {
    CHECK(whole_run(with(old2), {v2, step::Deployed{}, step::GateFailed{"x"}}) ==
          "note version; find; note deploy 2; deploy 2; note gate 2; gate 2; alert unhealthy-on-last-good 2; "
          "clear; "
          "finish 69");
    CHECK(whole_run(with(old2), {v2, step::DeployFailed{"x"}}) ==
          "note version; find; note deploy 2; deploy 2; alert deploy-failed 2; clear; finish 69");
}

TEST_CASE("a bad new version is told, held, and then rolled back through the same gate") {
    const std::string begin = "note version; find; note deploy 2; deploy 2; note gate 2; gate 2; "
                              "alert unhealthy-on-latest 2 to 1; hold 2/f; note rollback 1; redeploy 1";
    CHECK(whole_run(with(good1),
                    {v2, step::Deployed{}, step::GateFailed{"x"}, step::Deployed{}, step::GatePassed{}}) ==
          begin + "; note rollback-gate 1; regate 1; good 1/f; up; clear; READY 1 not 2; finish 0");
    CHECK(whole_run(with(good1),
                    {v2, step::Deployed{}, step::GateFailed{"x"}, step::Deployed{}, step::GateFailed{"y"}}) ==
          begin + "; note rollback-gate 1; regate 1; alert rollback-unhealthy 1; clear; finish 69");
    CHECK(whole_run(with(good1), {v2, step::Deployed{}, step::GateFailed{"x"}, step::DeployFailed{"y"}}) ==
          begin + "; alert rollback-failed 1; clear; finish 69");
}

TEST_CASE("a deploy command that fails is rolled back without a gate on that version") {
    CHECK(
        whole_run(with(good1), {v2, step::DeployFailed{"x"}, step::Deployed{}, step::GatePassed{}}) ==
        "note version; find; note deploy 2; deploy 2; alert deploy-failed 2 to 1; hold 2/f; note rollback 1; "
        "redeploy 1; note rollback-gate 1; regate 1; good 1/f; up; clear; READY 1 not 2; finish 0");
}

TEST_CASE("with nothing to fall back on, or rollback disabled, there is one alert and nothing is held") {
    const std::string failed = "note version; find; note deploy 2; deploy 2; note gate 2; gate 2; "
                               "alert unhealthy-on-latest 2; clear; finish 69";
    CHECK(whole_run(with({}), {v2, step::Deployed{}, step::GateFailed{"x"}}) == failed);
    StepsConfig config = with(good1);
    config.rollback = false;
    CHECK(whole_run(config, {v2, step::Deployed{}, step::GateFailed{"x"}}) == failed);
}

TEST_CASE("a held version is not tried again: last good is wanted instead") {
    CHECK(whole_run(with(good1, good2), {v2, step::TriedOnce{true}}) ==
          "note version; find; try 1; up; clear; READY 1 not 2; finish 0");
    CHECK(whole_run(with(good1, good2), {v2, step::TriedOnce{false}, step::Deployed{}, step::GatePassed{}}) ==
          "note version; find; try 1; note deploy 1; deploy 1; note gate 1; gate 1; good 1/f; up; clear; READY 1 "
          "not 2; "
          "finish 0");
    CHECK(whole_run(with(good1, good2),
                    {v2, step::TriedOnce{false}, step::Deployed{}, step::GateFailed{"x"}}) ==
          "note version; find; try 1; note deploy 1; deploy 1; note gate 1; gate 1; alert "
          "unhealthy-on-last-good 1; "
          "clear; finish 69");
}

TEST_CASE("a hold ends with another version or an edited deploy table, and is void without a last good") {
    const std::string tried = "note version; find; note deploy 2; deploy 2";
    CHECK(whole_run(with(good1, Release{"3", "f"}), {v2}) == tried);
    CHECK(whole_run(with(good1, old2), {v2}) == tried);
    CHECK(whole_run(with({}, good2), {v2}) == tried);
}

TEST_CASE("an unknown version is ready with an alert on a healthy last good, and else fails") {
    CHECK(whole_run(with(good1), {step::VersionUnknown{"x"}, step::TriedOnce{true}}) ==
          "note version; find; try 1; alert version-unknown -; up; clear; READY 1; finish 0");
    CHECK(whole_run(with(good1), {step::VersionUnknown{"x"}, step::TriedOnce{false}}) ==
          "note version; find; try 1; alert version-unknown -; clear; finish 69");
    CHECK(whole_run(with({}), {step::VersionUnknown{"x"}}) ==
          "note version; find; alert version-unknown -; clear; finish 69");
}

TEST_CASE("a gate deadlock ends the run with one alert: nothing is rolled back and nothing held") {
    for (const auto& last_good : {std::optional<Release>{}, std::optional(good1)})
        CHECK(
            whole_run(with(last_good),
                      {v2, step::Deployed{}, step::GateDeadlocked{"x"}, step::GatePassed{}}) ==
            "note version; find; note deploy 2; deploy 2; note gate 2; gate 2; alert gate-deadlock 2; clear; "
            "finish 69");
    // In the gate of a rollback the failed version has been told and held before.
    CHECK(
        whole_run(with(good1), {v2, step::DeployFailed{"x"}, step::Deployed{}, step::GateDeadlocked{"x"}}) ==
        "note version; find; note deploy 2; deploy 2; alert deploy-failed 2 to 1; hold 2/f; note rollback 1; "
        "redeploy 1; note rollback-gate 1; regate 1; alert gate-deadlock 1; clear; finish 69");
}

TEST_CASE("a reload gives its verdict by its exit code alone") {
    StepsConfig config = with({});
    config.reload = true;
    CHECK(whole_run(config, {v2, step::Deployed{}, step::GatePassed{}}) ==
          "note version; find; note deploy 2; deploy 2; note gate 2; gate 2; good 2/f drop; pass; clear; "
          "finish 0");
}

TEST_CASE("a stop is told once and holds nothing") {
    CHECK(whole_run(with(good1), {step::Terminated{}, step::Terminated{}}) ==
          "note version; find; alert interrupted -; clear; finish 69");
    CHECK(whole_run(with(good1), {v2, step::Terminated{}, step::Deployed{}}) ==
          "note version; find; note deploy 2; deploy 2; alert interrupted 2; clear; finish 69");
    // The bad version's own alert is the run's one alert.
    CHECK(
        whole_run(with(good1), {v2, step::DeployFailed{"x"}, step::Terminated{}}) ==
        "note version; find; note deploy 2; deploy 2; alert deploy-failed 2 to 1; hold 2/f; note rollback 1; "
        "redeploy 1; clear; finish 69");
}

// ---------------------------------------------------------------------------------------------------------------
// Every run there can be. `Choices` walks the tree of decisions depth first: each run replays a prefix and
// takes the first branch from there on.

namespace {

class Choices {
  public:
    std::size_t of(std::size_t count) {
        if (at_ == taken_.size()) taken_.push_back({0, count});
        return taken_[at_++].first;
    }
    bool next() {
        at_ = 0;
        while (!taken_.empty() && taken_.back().first + 1 == taken_.back().second)
            taken_.pop_back();
        if (taken_.empty()) return false;
        ++taken_.back().first;
        return true;
    }

  private:
    std::vector<std::pair<std::size_t, std::size_t>> taken_;
    std::size_t at_ = 0;
};

struct Walk {
    Choices& choices;
    const StepsConfig& config;
    Steps steps{config};

    std::vector<std::string> log{};
    std::set<std::string> passed{};    // versions that have passed a try or a gate, last verdict
    std::set<std::string> recorded{};  // durable as last good
    std::vector<step::Alert> alerts{}; // asked for
    std::vector<Release> held{};
    std::vector<std::string> ready{};
    std::optional<RunExit> finish{};
    int failed_writes = 0, deploys = 0, redeploys = 0;
    bool terminated = false, unwritten = false, noted = false, ok = true;

    void expect(bool condition, const char* what) {
        if (condition) return;
        ok = false;
        log.push_back(std::string("  <-- ") + what);
    }

    bool is_write(const Action& action) {
        return std::holds_alternative<step::NoteUnderWay>(action) ||
               std::holds_alternative<step::RecordLastGood>(action) ||
               std::holds_alternative<step::RecordPass>(action) ||
               std::holds_alternative<step::Hold>(action) ||
               std::holds_alternative<step::ClearNote>(action) || std::holds_alternative<step::Alert>(action);
    }

    // What an action means to the world, and the event that answers it.
    std::optional<step::Event> carry_out(const Action& action, bool written) {
        expect(!finish, "an action after Finish");
        if (const auto* a = std::get_if<step::Alert>(&action)) alerts.push_back(*a);
        if (const auto* a = std::get_if<step::Hold>(&action)) held.push_back(a->release);
        if (const auto* a = std::get_if<step::RecordLastGood>(&action)) {
            expect(passed.count(a->release.version), "recorded as good without a pass");
            if (written) recorded.insert(a->release.version);
        }
        if (const auto* a = std::get_if<step::NoteUnderWay>(&action))
            noted = noted || (written && (a->phase == Phase::deploy || a->phase == Phase::rollback));
        if (auto* a = std::get_if<step::RecordPass>(&action); a && a->wanted)
            expect(passed.count("2"), "the wanted version is recorded as passed without a pass of it");
        if (const auto* a = std::get_if<step::Ready>(&action)) {
            expect(!config.reload, "Ready in a reload");
            expect(passed.count(a->version), "Ready without a pass of that version");
            expect(recorded.count(a->version), "Ready before last good is durable");
            expect(!unwritten, "Ready although something could not be written");
            ready.push_back(a->version);
        }
        if (const auto* a = std::get_if<step::Finish>(&action)) finish = a->code;
        if (std::holds_alternative<step::FindVersion>(action)) {
            switch (choices.of(3)) {
            case 0:
                return step::VersionFound{"2"};
            case 1:
                return step::VersionUnknown{"no answer"};
            default:
                return step::Terminated{};
            }
        }
        if (const auto* a = std::get_if<step::TryOnce>(&action)) {
            std::size_t way = choices.of(3);
            if (way == 0) passed.insert(a->version);
            if (way == 2) return step::Terminated{};
            return step::TriedOnce{way == 0};
        }
        if (const auto* a = std::get_if<step::Deploy>(&action)) {
            passed.clear(); // whatever passed before is no longer what runs
            deploys += !a->is_rollback;
            redeploys += a->is_rollback;
            if (a->is_rollback) {
                expect(config.last_good && a->version == config.last_good->version,
                       "rollback to no last good");
                expect(config.rollback, "rollback although disabled");
                expect(!alerts.empty() && alerts.back().rolled_back_to == a->version,
                       "rollback before its alert");
                expect(!held.empty(), "rollback before the hold");
            } else {
                expect(!config.held || *config.held != Release{a->version, config.fingerprint} ||
                           !config.last_good,
                       "a held version is deployed");
                expect(noted && !unwritten, "a deploy that was not noted");
            }
            switch (choices.of(3)) {
            case 0:
                return step::Deployed{};
            case 1:
                return step::DeployFailed{"exit 1"};
            default:
                return step::Terminated{};
            }
        }
        if (const auto* a = std::get_if<step::Gate>(&action)) {
            std::size_t way = choices.of(4);
            if (way == 0) passed.insert(a->version);
            if (way == 0) return step::GatePassed{};
            if (way == 1) return step::GateFailed{"refused"};
            if (way == 2) return step::GateDeadlocked{"a ring"};
            return step::Terminated{};
        }
        return std::nullopt;
    }

    void run() {
        if (config.last_good) recorded.insert(config.last_good->version);
        std::vector<Action> batch = steps.start();
        for (std::size_t i = 0; i < batch.size();) {
            Action action = batch[i++];
            log.push_back(show(action));
            bool written = true;
            if (is_write(action) && failed_writes < 3 && choices.of(2) == 1) {
                written = false;
                ++failed_writes;
                unwritten = true;
                log.push_back("(not written)");
            }
            std::optional<step::Event> event = carry_out(action, written);
            if (!written) event = step::NotWritten{};
            if (!event) continue;
            terminated = terminated || std::holds_alternative<step::Terminated>(*event);
            std::vector<Action> next = steps.on(*event);
            if (written || !next.empty()) {
                expect(written ? i == batch.size() : true, "actions after one that waits");
                batch = std::move(next);
                i = 0;
            }
        }
        expect(finish.has_value(), "no Finish");
        expect(steps.phase() == Phase::done, "not done at the end");
        expect(ready.size() <= 1, "more than one Ready");
        expect(alerts.size() <= 2, "more than two alerts");
        expect(deploys <= 1 && redeploys <= 1, "deployed more than once");
        if (!finish) return;
        expect((*finish == RunExit::not_written) == unwritten,
               "exit code 73 is for what could not be written");
        if (*finish == RunExit::ready) expect(config.reload || ready.size() == 1, "exit 0 without Ready");
        if (!ready.empty()) expect(*finish == RunExit::ready, "Ready and another exit code");
        if (*finish == RunExit::unhealthy) expect(!alerts.empty(), "a failed run without an alert");
        auto told = [&](Reason reason) {
            return std::count_if(alerts.begin(), alerts.end(),
                                 [&](const auto& a) { return a.reason == reason; });
        };
        expect(told(Reason::interrupted) == (terminated && alerts.size() == 1 && redeploys == 0),
               "interrupted is told exactly when nothing else was");
        if (terminated && redeploys == 0) expect(held.empty(), "an interrupted version is held");
        if (alerts.size() == 2)
            expect(alerts[1].reason == Reason::rollback_unhealthy ||
                       alerts[1].reason == Reason::rollback_failed ||
                       alerts[1].reason == Reason::gate_deadlock,
                   "a second alert that is not about the rollback");
        if (told(Reason::gate_deadlock))
            expect(alerts.back().reason == Reason::gate_deadlock && redeploys == int(alerts.size()) - 1 &&
                       held.size() == alerts.size() - 1,
                   "a deadlock is followed by a rollback or a hold");
        expect(held.size() <= 1, "more than one hold");
        for (const Release& one : held)
            expect(config.last_good && config.last_good->version != one.version,
                   "held without another last good");
        // Nothing that is left of the run may stir it.
        for (const step::Event& late : std::vector<step::Event>{
                 step::VersionFound{"9"}, step::TriedOnce{true}, step::Deployed{}, step::GatePassed{},
                 step::GateFailed{""}, step::GateDeadlocked{""}, step::Terminated{}})
            expect(steps.on(late).empty(), "an event after Finish has an effect");
    }
};

} // namespace

TEST_CASE("no sequence of events breaks the promises of a run") {
    const std::vector<std::optional<Release>> goods{std::nullopt, good1, good2, old2};
    const std::vector<std::optional<Release>> holds{std::nullopt, good2, Release{"3", "f"}};
    std::size_t runs = 0;
    for (const auto& last_good : goods)
        for (const auto& held : holds)
            for (int bits = 0; bits < 16; ++bits) {
                StepsConfig config = with(last_good, held);
                config.always_deploy = bits & 1;
                config.rollback = bits & 2;
                config.reload = bits & 4;
                config.note_at_once = bits & 8;
                // A version can't be held and last good at once: Hold and RecordLastGood exclude each other.
                if (last_good && held && last_good->version == held->version) continue;
                Choices choices;
                do {
                    Walk walk{choices, config};
                    walk.run();
                    ++runs;
                    if (walk.ok) continue;
                    std::string text;
                    for (const std::string& line : walk.log)
                        text += line + "\n";
                    FAIL(text);
                } while (choices.next());
            }
    CHECK(runs > 5000);
}

TEST_CASE("a run whose end its manager tells is noted from its deploy on") {
    StepsConfig config = with(good1);
    config.note_at_once = false;
    CHECK(whole_run(config, {step::VersionFound{"1"}, step::TriedOnce{true}}) ==
          "find; try 1; pass; clear; READY 1; finish 0");
    CHECK(whole_run(config, {v2, step::Deployed{}, step::GatePassed{}}) ==
          "find; note deploy 2; deploy 2; note gate 2; gate 2; good 2/f drop; pass; clear; READY 2; finish 0");
}

TEST_CASE("an event out of its phase changes nothing") {
    Steps steps(with(good1));
    steps.start();
    CHECK(steps.on(step::Deployed{}).empty());
    CHECK(steps.on(step::GatePassed{}).empty());
    CHECK(steps.on(step::GateDeadlocked{"x"}).empty());
    CHECK(steps.on(step::TriedOnce{true}).empty());
    CHECK(steps.phase() == Phase::version);
    CHECK_FALSE(steps.on(v2).empty());
    CHECK(steps.on(v2).empty());
    CHECK(steps.on(step::VersionUnknown{"x"}).empty());
    CHECK(steps.phase() == Phase::deploy);
}
