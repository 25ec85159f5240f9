// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "deploy/checkouts.hpp"
#include "deploy/edited.hpp"
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
