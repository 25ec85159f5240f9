// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <filesystem>

#include "deploy/checkouts.hpp"
#include "deploy/edited.hpp"
#include "deploy/programs.hpp"
#include "deploy/state.hpp"
#include "image.hpp"

using namespace unitgate;

TEST_CASE("a [deploy] that was edited since the last pass is found, and no other") {
    test::Image state;
    std::vector<Spec> specs(2);
    specs[0].name = "proxy";
    specs[0].unit.name = "deploy-proxy.service";
    specs[0].deploy.fingerprint = "new";
    specs[1].name = "fresh"; // it never passed
    AppState passed;
    passed.last_good = Release{"1.2", "new"};
    passed.last_good_since = "2026-06-13T05:44:28Z";
    REQUIRE(StateStore(state.root.string(), "proxy").save(passed));
    CHECK(find_edited_deploys(specs, state.root.string()).empty());
    specs[0].deploy.fingerprint = "newer";
    auto found = find_edited_deploys(specs, state.root.string());
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "deploy-edited");
    CHECK(found[0].severity == Severity::warning);
    CHECK(found[0].units == std::vector<std::string>{"deploy-proxy.service"});
    CHECK(found[0].cause.find("since version '1.2' passed its gate at 2026-06-13T05:44:28Z") !=
          std::string::npos);
    state.write("apps/proxy/state.json", "no json");
    found = find_edited_deploys(specs, state.root.string());
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "not-checked");
}

TEST_CASE("what to type about a checkout can be typed where its folder has a blank in its name") {
    test::Image host;
    host.write("re cipe/.git", "no repository");
    std::vector<Spec> specs(1);
    specs[0].deploy.directory = (host.root / "re cipe").string();
    auto found = find_stale_checkouts(specs);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK((*found)[0].code == "not-checked");
    CHECK((*found)[0].remedy == "git -C '" + specs[0].deploy.directory + "' status");
}

TEST_CASE("a program that is not there, or is none, is found before a deploy ends with it") {
    test::Image image;
    image.write("deploy", "#!/bin/sh\n");
    const std::string program = (image.root / "deploy").string();
    std::vector<Spec> specs(1);
    specs[0].unit.name = "deploy-proxy.service";
    auto causes = [&] {
        std::vector<std::string> all;
        for (const auto& one : find_missing_programs(specs)) {
            CHECK(one.code == "no-program");
            CHECK(one.units == std::vector<std::string>{"deploy-proxy.service"});
            all.push_back(one.cause);
        }
        return all;
    };
    specs[0].deploy.command = {program, "{version}"};
    CHECK(causes() ==
          std::vector<std::string>{"the program '" + program + "' of [deploy] is not executable"});
    CHECK(find_missing_programs(specs)[0].remedy == "chmod +x " + program);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    CHECK(causes().empty());
    specs[0].version.command = {"/no/such/program"};
    specs[0].rollback.command = {program + "/below"};
    specs[0].stop_command = {image.root.string()};
    CHECK(causes() ==
          std::vector<std::string>{"the program '/no/such/program' of [version] is not there",
                                   "the program '" + program + "/below' of [rollback] is not there",
                                   "the program '" + image.root.string() + "' of [stop] is no plain file"});
    // Found at run time alone: what PATH a unit has, and what a version makes of it.
    specs[0].version.command = {"no-such-program"};
    specs[0].rollback.command = {"/srv/{version}/deploy"};
    specs[0].stop_command = {};
    CHECK(causes().empty());
}
