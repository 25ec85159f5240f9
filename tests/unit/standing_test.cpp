// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "deploy/standing.hpp"

using namespace unitgate;
using Kind = Standing::Kind;

TEST_CASE("what is up stands to what is wanted as version and [deploy] table say") {
    AppState state;
    CHECK(standing_of(state, "2", "f").kind == Kind::never_good);
    state.last_good = Release{"1", "f"};
    CHECK(standing_of(state, "1", "f").kind == Kind::current);
    CHECK(standing_of(state, "2", "f").kind == Kind::behind);
    CHECK(standing_of(state, "2", "f").text() == "2 is wanted, 1 is up");
    CHECK(standing_of(state, "1", "g").kind == Kind::behind);
    CHECK(standing_of(state, "1", "g").text() == "1 is up, and its [deploy] has changed since");
    state.held = Held{{"2", "f"}, Reason::unhealthy_on_latest, "2026-06-13T05:44:28Z"};
    CHECK(standing_of(state, "2", "f").kind == Kind::held);
    CHECK(standing_of(state, "2", "g").kind == Kind::behind); // an edited command is another try
    CHECK(standing_of(state, "3", "f").kind == Kind::behind);
    state.last_good.reset();
    CHECK(standing_of(state, "2", "f").kind == Kind::held);
}

TEST_CASE("the standing of several specs is found by their own versions and state files") {
    std::vector<Spec> specs(12);
    std::vector<const Spec*> asked;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        specs[i].name = "s" + std::to_string(i);
        specs[i].version.text = "v" + std::to_string(i);
        asked.push_back(&specs[i]);
    }
    specs[3].version.kind = VersionSource::Kind::command;
    specs[3].version.command = {"echo", "w3"};
    specs[4].version.kind = VersionSource::Kind::file;
    specs[4].version.text = "/nowhere/at/all";
    auto event = Event::create();
    REQUIRE(event);
    auto standings = find_standings(*event, asked, "/nowhere");
    REQUIRE(standings);
    CHECK((*standings)[3].wanted == "w3");
    CHECK((*standings)[4].kind == Kind::unknown);
    CHECK((*standings)[11].wanted == "v11");
    CHECK((*standings)[11].kind == Kind::never_good);
}
