// SPDX-License-Identifier: MIT
// The state file and the locks of a run.
#include "catch.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "deploy/state.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using unitgate::test::TemporaryFolder;

namespace {

void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
}

} // namespace

TEST_CASE("an absent state file is an empty state") {
    TemporaryFolder folder;
    Result<AppState> state = StateStore(folder.path(), "proxy").load();
    REQUIRE(state);
    CHECK_FALSE(state->last_good);
    CHECK_FALSE(state->held);
    CHECK_FALSE(state->under_way);
}

TEST_CASE("a state reads back as it was written") {
    TemporaryFolder folder;
    StateStore store(folder.path(), "proxy");
    AppState state;
    state.last_good = Release{"5.1.0", "abc"};
    state.last_good_since = "2026-06-13T05:44:28Z";
    state.held = Held{{"5.1.1", "abd"}, Reason::unhealthy_on_latest, "2026-06-13T05:45:28Z"};
    state.under_way = UnderWay{std::string(32, 'a'),
                               std::string(32, 'b'),
                               "traefik",
                               "deploy-proxy.service",
                               Phase::rollback_gate,
                               "5.1.0",
                               "2026-06-13T05:46:00Z",
                               3};
    state.last_gate = GatePass{"5.1.0", "2026-06-13T05:44:28Z", std::chrono::milliseconds(1500)};
    state.wanted_passed = WantedPass{"traefik", "2026-06-13T05:44:28.000123Z"};
    REQUIRE(store.save(state));
    Result<AppState> read = store.load();
    REQUIRE(read);
    REQUIRE(read->last_gate);
    CHECK(read->last_gate->version == "5.1.0");
    CHECK(read->last_gate->at == "2026-06-13T05:44:28Z");
    CHECK(read->last_gate->took == std::chrono::milliseconds(1500));
    REQUIRE(read->wanted_passed);
    CHECK(read->wanted_passed->app == "traefik");
    CHECK(wanted_passes(folder.path()).at("traefik") == "2026-06-13T05:44:28.000123Z");
    CHECK(read->last_good == state.last_good);
    CHECK(read->last_good_since == state.last_good_since);
    REQUIRE(read->held);
    CHECK(read->held->release == state.held->release);
    CHECK(read->held->reason == Reason::unhealthy_on_latest);
    REQUIRE(read->under_way);
    CHECK(read->under_way->invocation_id == state.under_way->invocation_id);
    CHECK(read->under_way->boot_id == state.under_way->boot_id);
    CHECK(read->under_way->app == "traefik");
    CHECK(read->under_way->unit == "deploy-proxy.service");
    CHECK(read->under_way->phase == Phase::rollback_gate);
    CHECK(read->under_way->version == "5.1.0");
    CHECK(read->under_way->alerts_before == 3);
    state.under_way->version = "";
    state.held.reset();
    REQUIRE(store.save(state));
    read = store.load();
    REQUIRE(read);
    CHECK(read->under_way->version.empty());
    CHECK_FALSE(read->held);
}

TEST_CASE("a file that is no state is an error and never guessed at") {
    TemporaryFolder folder;
    StateStore store(folder.path(), "proxy");
    for (const char* text :
         {"", "{", "[]", "{}", "{\"schema\": 2}", "{\"schema\": 1, \"last_good\": {\"version\": \"1\"}}",
          "{\"schema\": 1, \"last_good\": 3}",
          "{\"schema\": 1, \"held\": "
          "{\"version\":\"1\",\"fingerprint\":\"f\",\"reason\":\"bad\",\"since\":\"x\"}}",
          "{\"schema\": 1, \"under_way\": {\"step\": \"lunch\"}}",
          "{\"schema\": 1, \"last_gate\": {\"version\":\"1\",\"at\":\"x\",\"took_usec\":-1}}"}) {
        INFO(text);
        put(store.path(), text);
        Result<AppState> state = store.load();
        REQUIRE_FALSE(state);
        CHECK(state.error().message.find(store.path()) != std::string::npos);
    }
    put(store.path(), "{\"schema\": 1, \"note\": \"written by a later version of the same schema\"}");
    CHECK(store.load());
}

TEST_CASE("a moment is told to the microsecond, always with six digits") {
    for (int i = 0; i < 1000; ++i) {
        std::string at = now_rfc3339_usec();
        REQUIRE(at.size() == std::string("2026-06-13T05:44:28.000123Z").size());
        CHECK(at[19] == '.');
        CHECK(at.back() == 'Z');
    }
}

TEST_CASE("the last pass of an app is the latest of those of its specs, and a broken state tells none") {
    TemporaryFolder folder;
    AppState state;
    state.wanted_passed = WantedPass{"traefik", "2026-06-13T05:44:28.000123Z"};
    REQUIRE(StateStore(folder.path(), "proxy").save(state));
    state.wanted_passed->at = "2026-06-13T05:44:27.000123Z";
    REQUIRE(StateStore(folder.path(), "edge").save(state));
    put(StateStore(folder.path(), "bridge").path(), "{");
    auto passes = wanted_passes(folder.path());
    CHECK(passes.size() == 1);
    CHECK(passes["traefik"] == "2026-06-13T05:44:28.000123Z");
    CHECK(wanted_passes(folder.path() + "/none").empty());
}

TEST_CASE("one run at a time holds a name and an app") {
    TemporaryFolder folder;
    Result<RunLock> first = lock_run(folder.path(), "proxy", "traefik");
    REQUIRE(first);
    Result<RunLock> same = lock_run(folder.path(), "proxy", "other");
    REQUIRE_FALSE(same);
    CHECK(same.error().code == EWOULDBLOCK);
    Result<RunLock> same_app = lock_run(folder.path(), "edge", "traefik");
    REQUIRE_FALSE(same_app);
    CHECK(same_app.error().code == EWOULDBLOCK);
    CHECK(lock_run(folder.path(), "bridge", "bridge"));
    first = RunLock{};
    CHECK(lock_run(folder.path(), "edge", "traefik"));
}

TEST_CASE("a lock ends with its process, and can't be had where nothing can be made") {
    TemporaryFolder folder;
    pid_t child = ::fork();
    if (child == 0) {
        auto held = lock_run(folder.path(), "proxy", "traefik");
        ::_exit(held ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(lock_run(folder.path(), "proxy", "traefik"));
    put(folder.path() + "/file", "");
    Result<RunLock> nowhere = lock_run(folder.path() + "/file/below", "proxy", "traefik");
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == ENOTDIR);
}

TEST_CASE("the state folder is the manager's first, else the usual one") {
    ::setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b", 1);
    CHECK(default_state_folder() == "/var/lib/a");
    ::unsetenv("STATE_DIRECTORY");
    CHECK(default_state_folder() == "/var/lib/unitgate");
}
