// SPDX-License-Identifier: MIT
// The follower of jobs against a manager that is played by the test.
#include "catch.hpp"

#include "systemd/jobs.hpp"

using namespace unitgate;

namespace {

const BusError no_reply{"org.freedesktop.DBus.Error.NoReply", "", 0};

UnitState state(const std::string& active, std::uint32_t job = 0, const std::string& invocation = {}) {
    UnitState one;
    one.load_state = "loaded";
    one.active_state = active;
    one.job = job;
    one.invocation_id = invocation;
    return one;
}

struct Play {
    JobFollower follower;
    std::vector<std::string> enqueued, read;
    Instant now{};

    explicit Play(std::vector<Wish> wishes) : follower(std::move(wishes)) {}
    void take(const FollowActions& actions) {
        enqueued.insert(enqueued.end(), actions.enqueue.begin(), actions.enqueue.end());
        read.insert(read.end(), actions.read.begin(), actions.read.end());
    }
    void taken(const std::string& unit, std::uint32_t id) { take(follower.taken(unit, id, now)); }
    void removed(std::uint32_t id, const std::string& unit, const std::string& result) {
        take(follower.removed(id, unit, result, now));
    }
    void whole(const std::string& unit, const UnitState& state) {
        take(follower.seen(unit, state, true, now));
    }
    void change(const std::string& unit, const UnitState& state) {
        take(follower.seen(unit, state, false, now));
    }
    const JobRow& row(std::size_t i = 0) const { return follower.rows()[i]; }
};

Play one_start() {
    Play play({{"a.service", JobKind::start, {}, {}}});
    play.whole("a.service", state("inactive"));
    play.taken("a.service", 7);
    return play;
}

} // namespace

TEST_CASE("all jobs are asked for in one go and in order, once every unit's state is known") {
    Play play({{"a.service", JobKind::start, {}, {}}, {"b.service", JobKind::start, {"a.service"}, {}}});
    play.whole("b.service", state("inactive"));
    CHECK(play.enqueued.empty());
    play.change("a.service", state("inactive"));
    CHECK(play.enqueued.empty());
    play.whole("a.service", state("failed"));
    CHECK(play.enqueued == std::vector<std::string>{"a.service", "b.service"});
}

TEST_CASE("a unit is up once its job is done, it is active and the manager says that it has no job left") {
    Play play = one_start();
    play.change("a.service", state("activating", 7));
    CHECK(play.row().progress == Progress::running);
    play.change("a.service", state("active", 7, "01"));
    CHECK_FALSE(play.row().is_decided());
    play.removed(7, "a.service", "done");
    CHECK(play.row().progress == Progress::settling);
    SECTION("it stays active: nothing has to be read") {
        auto up = state("active", 0, "01");
        up.status_text = "up: 2"; // comes after the end of the job
        play.change("a.service", up);
        CHECK(play.row().progress == Progress::up);
        CHECK(play.row().state.status_text == "up: 2");
        CHECK(play.read.empty());
        CHECK(play.follower.is_finished());
    }
    SECTION("it fails at once: that is read as a whole") {
        play.change("a.service", state("failed", 0, "01"));
        CHECK_FALSE(play.row().is_decided());
        CHECK(play.read == std::vector<std::string>{"a.service"});
        play.change("a.service", state("failed", 0, "01"));
        CHECK(play.read.size() == 1);
        play.whole("a.service", state("failed", 0, "01"));
        CHECK(play.row().progress == Progress::failed);
    }
    SECTION("signals may have been missed: only a whole state counts") {
        play.follower.lost();
        play.change("a.service", state("active", 0, "01"));
        CHECK_FALSE(play.row().is_decided());
        play.whole("a.service", state("active", 0, "01"));
        CHECK(play.row().progress == Progress::up);
    }
}

TEST_CASE("job result done of a unit that is not active is no success") {
    Play play = one_start();
    play.removed(7, "a.service", "done");
    play.whole("a.service", state("inactive", 0, "01"));
    CHECK(play.row().progress == Progress::failed);
    CHECK(play.row().detail == "its job is over, but the unit is 'inactive'");
}

TEST_CASE("a unit whose condition is not met is said to be skipped") {
    Play play = one_start();
    play.removed(7, "a.service", "done");
    auto after = state("inactive");
    after.condition_met = false;
    after.condition_time = 99;
    play.whole("a.service", after);
    CHECK(play.row().progress == Progress::skipped);
}

TEST_CASE("a condition that failed at an earlier start explains nothing now") {
    Play play({{"a.service", JobKind::start, {}, {}}});
    auto before = state("inactive");
    before.condition_met = false;
    before.condition_time = 99;
    play.whole("a.service", before);
    play.taken("a.service", 7);
    play.removed(7, "a.service", "done");
    play.whole("a.service", before);
    CHECK(play.row().progress == Progress::failed);
}

TEST_CASE("an active unit is left alone and gets no job") {
    Play play({{"a.service", JobKind::start, {}, {}}});
    play.whole("a.service", state("active", 0, "01"));
    CHECK(play.row().progress == Progress::left_alone);
    CHECK(play.enqueued.empty());
    CHECK(play.follower.is_finished());
}

TEST_CASE("an active unit that is about to be stopped gets a job all the same") {
    Play play({{"a.service", JobKind::start, {}, {}}});
    play.whole("a.service", state("active", 3, "01"));
    CHECK(play.enqueued == std::vector<std::string>{"a.service"});
}

TEST_CASE("a failure is told in the unit's own words, else by its exit status") {
    for (const char* said : {"failed: unhealthy-on-latest: refused", ""}) {
        Play play = one_start();
        play.removed(7, "a.service", "failed");
        auto after = state("failed", 0, "01");
        after.result = "exit-code";
        after.main_status = 69;
        after.status_text = said;
        play.whole("a.service", after);
        CHECK(play.row().progress == Progress::failed);
        CHECK(play.row().detail == (*said ? said : "exit status 69"));
    }
}

TEST_CASE("a failed dependency is named, and words of an earlier start are not repeated") {
    Play play(
        {{"a.service", JobKind::start, {}, {}}, {"b.service", JobKind::start, {"a.service"}, {"a.service"}}});
    play.whole("a.service", state("inactive"));
    auto before = state("failed", 0, "0b");
    before.status_text = "failed: old words";
    play.whole("b.service", before);
    play.taken("a.service", 1);
    play.taken("b.service", 2);
    CHECK(play.follower.waits_for(play.row(1)) == std::vector<std::string>{"a.service"});
    play.removed(1, "a.service", "failed");
    play.removed(2, "b.service", "dependency");
    play.whole("a.service", state("failed", 0, "01"));
    play.whole("b.service", before);
    CHECK(play.row(1).detail == "it requires 'a.service', which is not up");
}

TEST_CASE("a job that ends before its number is known is not missed") {
    Play play({{"a.service", JobKind::start, {}, {}}});
    play.whole("a.service", state("inactive"));
    play.removed(7, "a.service", "done");
    CHECK(play.row().progress == Progress::asking);
    play.taken("a.service", 7);
    CHECK(play.row().progress == Progress::settling);
}

// b requires a: its job brings that of a.
Play carried() {
    Play play({{"a.service", JobKind::start, {}, {}},
               {"b.service", JobKind::start, {"a.service"}, {"a.service"}, JobMode::replace, {"a.service"}}});
    play.whole("a.service", state("inactive"));
    play.whole("b.service", state("inactive"));
    CHECK(play.enqueued == std::vector<std::string>{"b.service"});
    return play;
}

TEST_CASE("a unit whose job comes with another one's is followed by the job that it is seen to have") {
    Play play = carried();
    SECTION("its job is announced before the call is answered, or after") {
        bool before = GENERATE(true, false);
        if (!before) play.taken("b.service", 9);
        play.change("a.service", state("inactive", 8));
        if (before) play.taken("b.service", 9);
        CHECK(play.row(0).progress == Progress::queued);
        play.change("a.service", state("active", 8, "01"));
        play.removed(8, "a.service", "done");
        play.change("a.service", state("active", 0, "01"));
        CHECK(play.row(0).progress == Progress::up);
        CHECK(play.read.empty());
    }
    SECTION("its failure is its own") {
        play.taken("b.service", 9);
        play.change("a.service", state("activating", 8, "01"));
        play.removed(8, "a.service", "failed");
        play.whole("a.service", state("failed", 0, "01"));
        CHECK(play.row(0).progress == Progress::failed);
    }
    CHECK(play.enqueued.size() == 1);
}

TEST_CASE(
    "a unit whose job did not come with another one's is asked for by name, never waited for in silence") {
    Play play = carried();
    SECTION("the manager refused the other one") {
        play.take(play.follower.refused("b.service", {"org.freedesktop.systemd1.UnitMasked", "masked", 0},
                                        play.now));
        CHECK(play.row(1).progress == Progress::failed);
        CHECK(play.enqueued == std::vector<std::string>{"b.service", "a.service"});
        play.taken("a.service", 8);
        play.change("a.service", state("active", 8, "01"));
        play.removed(8, "a.service", "done");
        play.change("a.service", state("active", 0, "01"));
        CHECK(play.row(0).progress == Progress::up);
    }
    SECTION("the other one is over and no job of this one was seen") {
        play.taken("b.service", 9);
        play.removed(9, "b.service", "failed");
        CHECK(play.read == std::vector<std::string>{"a.service", "b.service"});
        play.whole("a.service", state("inactive"));
        CHECK(play.enqueued == std::vector<std::string>{"b.service", "a.service"});
    }
    SECTION("the other one's answer was lost") {
        play.take(play.follower.refused("b.service", no_reply, play.now));
        CHECK(play.read == std::vector<std::string>{"a.service", "b.service"});
        play.whole("a.service", state("inactive"));
        play.whole("b.service", state("inactive"));
        CHECK(play.enqueued == std::vector<std::string>{"b.service", "a.service", "b.service"});
    }
    SECTION("its whole job was missed while the connection was lost") {
        play.taken("b.service", 9);
        play.follower.lost();
        play.whole("a.service", state("active", 0, "01"));
        CHECK(play.row(0).progress == Progress::up);
    }
}

TEST_CASE("the end of a job that nobody saw is judged by the unit's state") {
    struct Case {
        const char *active, *invocation;
        Progress verdict;
    };
    for (const auto& each :
         {Case{"active", "01", Progress::up}, Case{"failed", "01", Progress::failed},
          Case{"inactive", "", Progress::failed}, Case{"inactive", "01", Progress::failed}}) {
        Play play = one_start();
        play.whole("a.service", state(each.active, 0, each.invocation));
        CHECK(play.row().progress == each.verdict);
    }
}

TEST_CASE("after a lost answer a job that can be seen is followed, and one that can't is asked for again") {
    Play play({{"a.service", JobKind::start, {}, {}}});
    play.whole("a.service", state("failed", 0, "0a"));
    play.take(play.follower.refused("a.service", no_reply, play.now));
    CHECK_FALSE(play.row().is_decided());
    SECTION("the job is there") {
        play.whole("a.service", state("activating", 9, "01"));
        play.removed(9, "a.service", "done");
        play.whole("a.service", state("active", 0, "01"));
        CHECK(play.row().progress == Progress::up);
        CHECK(play.enqueued.size() == 1);
    }
    SECTION("it has run and failed") {
        play.whole("a.service", state("failed", 0, "01"));
        CHECK(play.row().progress == Progress::failed);
    }
    SECTION("nothing has happened") {
        play.whole("a.service", state("failed", 0, "0a"));
        CHECK_FALSE(play.row().is_decided());
        CHECK(play.enqueued.size() == 2);
    }
}

TEST_CASE("a job that took the place of ours is followed, and its success is not ours") {
    Play play = one_start();
    play.whole("a.service", state("inactive", 8)); // somebody's stop
    play.removed(8, "a.service", "done");
    play.whole("a.service", state("inactive"));
    CHECK(play.row().progress == Progress::failed);
}

TEST_CASE("a cancelled start is a failure, whatever state the unit is in") {
    Play play = one_start();
    play.removed(7, "a.service", "canceled");
    play.whole("a.service", state("active", 0, "01"));
    CHECK(play.row().progress == Progress::failed);
}

TEST_CASE("when the manager does not come back, what is undecided has failed and what was decided stays") {
    Play play({{"a.service", JobKind::start, {}, {}}, {"b.service", JobKind::start, {}, {}}});
    play.whole("a.service", state("active", 0, "01"));
    play.whole("b.service", state("inactive"));
    play.follower.gone({"the bus is gone", {}, 0}, play.now);
    CHECK(play.row(0).progress == Progress::left_alone);
    CHECK(play.row(1).progress == Progress::failed);
    CHECK(play.row(1).detail == "how it ended is not known: the bus is gone");
}

TEST_CASE("a refusal keeps the name that D-Bus gave it") {
    Play play({{"a.service", JobKind::start, {}, {}}});
    play.whole("a.service", state("inactive"));
    play.take(play.follower.refused("a.service", {"org.freedesktop.DBus.Error.AccessDenied", "no", EACCES},
                                    play.now));
    CHECK(play.row().progress == Progress::failed);
    CHECK(play.row().refusal.is_denied());
}

TEST_CASE("a reload is up only by its job's result and its own") {
    struct Case {
        const char *result, *reload, *active;
        Progress verdict;
    };
    for (const auto& each : {Case{"done", "success", "active", Progress::up},
                             Case{"failed", "exit-code", "active", Progress::failed},
                             Case{"done", "exit-code", "active", Progress::failed},
                             Case{"done", "success", "inactive", Progress::failed},
                             Case{"canceled", "success", "active", Progress::failed}}) {
        Play play({{"a.service", JobKind::reload, {}, {}}});
        play.whole("a.service", state("active", 0, "01"));
        play.taken("a.service", 4);
        play.removed(4, "a.service", each.result);
        auto after = state(each.active, 0, "01");
        after.reload_result = each.reload;
        play.whole("a.service", after);
        CHECK(play.row().progress == each.verdict);
    }
}

TEST_CASE("a reload whose end was missed is asked for once more, never taken for a success") {
    Play play({{"a.service", JobKind::reload, {}, {}}});
    auto up = state("active", 0, "01");
    up.reload_result = "success";
    play.whole("a.service", up);
    play.taken("a.service", 4);
    play.whole("a.service", up);
    CHECK_FALSE(play.row().is_decided());
    CHECK(play.enqueued.size() == 2);
}

TEST_CASE("a stop is done when the unit is down, and one that is not running needs none") {
    Play play({{"a.service", JobKind::stop, {}, {}}, {"b.service", JobKind::stop, {}, {}}});
    play.whole("a.service", state("active", 0, "01"));
    play.whole("b.service", state("inactive"));
    CHECK(play.enqueued == std::vector<std::string>{"a.service"});
    play.taken("a.service", 4);
    play.removed(4, "a.service", "done");
    play.whole("a.service", state("inactive", 0, "01"));
    CHECK(play.row(0).progress == Progress::stopped);
    CHECK(play.follower.is_finished());
}
