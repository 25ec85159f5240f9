// SPDX-License-Identifier: MIT
// The verb `prove`: what it asks of the app and what it leaves alone, its version, its exit codes and its
// JSON; and that the specs that are shipped have teeth.
#include "catch.hpp"

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "gate_server.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

TEST_CASE("prove asks the app once, exits by its grades, and tells the same with --json") {
    Server app(answering(http(200, R"({"version":"3.6"})")));
    TemporaryFolder folder;
    auto spec = [&](const std::string& more) {
        std::ofstream(folder / "app.toml")
            << "credentials = { token = \"" << folder / "token"
            << "\" }\n[version]\npin = \"3.6\"\n[deploy]\n"
            << "command = [\"true\"]\n[gate]\ntimeout = \"300ms\"\n[[gate.probe]]\nurl = \"http://127.0.0.1:"
            << app.port << "/?key=query-secret\"\nheader = { X-Key = \"{credential:token}\" }\n"
            << more << "\n";
    };
    std::ofstream(folder / "token") << "s3cret-of-app";
    auto prove = [&](const std::string& options) {
        return run_shell(UNITGATE_PROGRAM " --specs " + folder.path() + " --state " + folder / "state" +
                         " prove app " + options + " 2>&1");
    };
    spec("json = { \"/version\" = \"{version}\" }");
    Ran ran = prove("--strict");
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK(app.requests == 1);
    CHECK(ran.output.starts_with("app 3.6 (wanted)\nprobe-1  http://127.0.0.1:"));
    CHECK(ran.output.find("a healthy copy: the app's own answer") != std::string::npos);
    CHECK(ran.output.ends_with("0 holes, 0 advices, 16 held\n"));
    CHECK(ran.output.find("secret") == std::string::npos);
    CHECK(ran.output.find("s3cret") == std::string::npos);

    spec("");
    CHECK(prove("").code == 0);
    ran = prove("--strict --json");
    CHECK(ran.code == 1);
    Json json = Json::parse(ran.output).value();
    CHECK(json.get("advices").as_integer() == 4);
    CHECK(json.get("holes").as_integer() == 0);
    auto rows = json.get("probes").items().at(0).get("rows").items();
    CHECK(rows.at(0).get("grade").as_string() == "held");
    CHECK(rows.at(0).get("cause").as_string() == "refused");

    spec("status = [\"200-599\"]");
    ran = prove("");
    CHECK(ran.code == 1);
    CHECK(ran.output.find("  HOLE       answers 502 ") != std::string::npos);
    CHECK(ran.output.find("             key 'status': ") != std::string::npos);
}

TEST_CASE("the specs that are shipped have no hole") {
    TemporaryFolder folder;
    std::map<std::string, std::FILE*> outputs; // side by side: each waits a second for what hangs
    for (const auto& entry : std::filesystem::directory_iterator(SOURCE_ROOT "/specs")) {
        if (entry.path().extension() != ".toml") continue;
        std::string name = entry.path().stem().string();
        std::string command = UNITGATE_PROGRAM " --specs " SOURCE_ROOT "/specs --state " + folder / "state" +
                              " prove " + name + " --json 2>/dev/null";
        outputs[name] = ::popen(command.c_str(), "re");
    }
    CHECK(outputs.size() == 8);
    for (auto [name, output] : outputs) {
        INFO(name);
        std::string text;
        for (int c; output && (c = std::fgetc(output)) != EOF;)
            text += static_cast<char>(c);
        if (output) ::pclose(output);
        auto json = Json::parse(text);
        REQUIRE(json);
        CHECK(json->get("holes").as_integer() == 0);
        CHECK(json->get("not_shown").as_integer() == 0);
        // Sockets tell nothing of what answers; warm-keycloak compares no version.
        bool has_advice = name == "backupbot" || name == "bridge" || name == "warm-keycloak";
        CHECK((json->get("advices").as_integer() > 0) == has_advice);
    }
}

TEST_CASE("no verb but prove loads OpenSSL by itself") {
    TemporaryFolder folder;
    std::ofstream(folder / "app.toml") << "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n"
                                          "[[gate.probe]]\ntcp = \"127.0.0.1:1\"\n";
    for (auto verb : {"verify", "probe app", "plan"}) {
        Ran ran = run_shell("LD_DEBUG=files " UNITGATE_PROGRAM " --specs " + folder.path() + " --state " +
                            folder.path() + " " + verb + " 2>&1");
        CHECK(ran.output.find("libc.so.6") != std::string::npos); // it did tell
        CHECK(ran.output.find("libssl") == std::string::npos);
    }
}
