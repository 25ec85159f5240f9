// SPDX-License-Identifier: MIT
// The verb plan as its users call it, on specs in a folder and on an image.
#include "catch.hpp"

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "deploy/state.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;

namespace {

struct Specs {
    test::TemporaryFolder folder;
    void put(const std::string& file, const std::string& text) {
        std::filesystem::create_directories(std::filesystem::path(folder / file).parent_path());
        std::ofstream(folder / file) << text;
    }
    void spec(const std::string& file, const std::string& after) {
        put(file, "unit.after = [" + after +
                      "]\n[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n"
                      "[[gate.probe]]\ntcp = \"127.0.0.1:1\"\n");
    }
    Ran plan(const std::string& arguments, const std::string& more = " 2>&1") {
        return run_shell(UNITGATE_PROGRAM " --specs " + folder / "specs" + " --state " + folder / "state" +
                         " plan " + arguments + more);
    }
};

} // namespace

TEST_CASE("plan shows waves, the line that says why, and the chain whose gates took longest") {
    Specs at;
    at.spec("specs/proxy.toml", "");
    at.spec("specs/site.toml", "\"deploy-proxy.service\"");
    at.spec("specs/chat.toml", "\"deploy-proxy.service\"");
    AppState state;
    state.last_gate = GatePass{"1", "2026-06-13T05:44:28Z", std::chrono::seconds(2)};
    REQUIRE(StateStore(at.folder / "state", "proxy").save(state));
    state.last_gate->took = std::chrono::seconds(3);
    REQUIRE(StateStore(at.folder / "state", "site").save(state));
    Ran all = at.plan("");
    INFO(all.output);
    CHECK(all.code == 0);
    CHECK(all.output.find("wave 1\n  deploy-proxy.service, gate passed in 2s last time\n") == 0);
    CHECK(all.output.find("after deploy-proxy.service (" + at.folder / "specs/site.toml" + ":1: after = ") !=
          std::string::npos);
    CHECK(all.output.find("longest chain: proxy -> site, 5s in gates when they last passed\n") !=
          std::string::npos);

    Ran json = at.plan("--json chat");
    CHECK(json.code == 0);
    CHECK(Json::parse(json.output)->get("waves").dump() == R"([["proxy"],["chat"]])");
    CHECK(at.plan("--dot").output.find("digraph plan {") == 0);
    CHECK(at.plan("--svg").output.find("<svg ") == 0);
    CHECK(at.plan("--svg --json").code == 2);
}

TEST_CASE("plan fails on a circle, on a name without a good spec and on a bad spec, but not on one it was "
          "not asked for") {
    Specs at;
    at.spec("specs/a.toml", "\"deploy-b.service\"");
    at.spec("specs/b.toml", "\"deploy-a.service\"");
    at.spec("specs/c.toml", "");
    CHECK(at.plan("").code == 1);
    CHECK(at.plan("").output.find("in no wave, because their ordering is circular\n  deploy-a.service\n") !=
          std::string::npos);
    CHECK(at.plan("c").code == 0);
    CHECK(at.plan("nosuch").code == 1);
    CHECK(at.plan("nosuch").output.find("there is no spec 'nosuch'") != std::string::npos);
    at.put("specs/d.toml", "nonsense = 1\n");
    CHECK(at.plan("d").output.find("remedy: 'unitgate verify d' shows what is wrong with it") !=
          std::string::npos);
    CHECK(at.plan("c").code == 0);
    CHECK(at.plan("d").code == 1);
}

TEST_CASE("plan --root reads specs, unit files and state of an image, and nothing of this host") {
    Specs at;
    auto plan = [&](const std::string& arguments) {
        return run_shell(UNITGATE_PROGRAM " plan --root " + at.folder / "image" + arguments + " 2>&1");
    };
    CHECK(plan("").code == 1); // there is no such folder
    at.spec("image/etc/unitgate/specs/proxy.toml", "");
    at.spec("image/usr/lib/unitgate/specs/site.toml", "\"mid.target\"");
    at.put("image/etc/systemd/system/mid.target", "[Unit]\nAfter=deploy-proxy.service\n");
    AppState state;
    state.last_gate = GatePass{"1", "2026-06-13T05:44:28Z", std::chrono::seconds(2)};
    REQUIRE(StateStore(at.folder / "image/var/lib/unitgate", "proxy").save(state));
    Ran ran = plan("");
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK(ran.output.find("deploy-proxy.service, gate passed in 2s last time\n") != std::string::npos);
    CHECK(ran.output.find("which is after deploy-proxy.service (" +
                          at.folder / "image/etc/systemd/system/mid.target" +
                          ":2: After=deploy-proxy.service)") != std::string::npos);
    at.spec("other/elsewhere.toml", "");
    ran = plan("/ --specs " + at.folder / "other");
    CHECK(ran.code == 0);
    CHECK(ran.output == "wave 1\n  deploy-elsewhere.service\n");
}
