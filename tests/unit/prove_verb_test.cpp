// SPDX-License-Identifier: MIT
// The verb `prove`: what it asks of the app and what it leaves alone, its version, its exit codes and its
// JSON; and that the specs that are shipped have teeth.
#include "catch.hpp"

#include <filesystem>
#include <fstream>

#include "base/json.hpp"
#include "deploy/state.hpp"
#include "gate_server.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

TEST_CASE("prove asks the app once, exits by its grades, and tells the same with --json", "[prove]") {
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

namespace {

struct Bench {
    TemporaryFolder folder;
    void spec(const std::string& version, const std::string& probes) const {
        std::ofstream(folder / "app.toml") << "[version]\n"
                                           << version << "\n[deploy]\ncommand = [\"true\"]\n"
                                           << "[gate]\ntimeout = \"300ms\"\n"
                                           << probes << "\n";
    }
    Ran call(const std::string& arguments, const std::string& state = "--state /nonexistent") const {
        return run_shell("HOME=" + folder.path() + " XDG_STATE_HOME=" + folder / "state" +
                         " " UNITGATE_PROGRAM " --specs " + folder.path() + " " + state + " " + arguments +
                         " 2>&1");
    }
    Json prove(const std::string& options = "", const std::string& state = "--state /nonexistent") const {
        Ran ran = call("prove app --json " + options, state);
        INFO(ran.output);
        auto json = Json::parse(ran.output);
        REQUIRE(json);
        return *json;
    }
};

std::string url_at(std::uint16_t port, const std::string& more = "") {
    return "[[gate.probe]]\nurl = \"http://127.0.0.1:" + std::to_string(port) + "/\"\n" + more + "\n";
}

Json row_of(const Json& proof, const std::string& probe, const std::string& server) {
    for (const Json& one : proof.get("probes").items())
        for (const Json& row : one.get("rows").items())
            if (one.get("name").as_string() == probe && row.get("server").as_string() == server) return row;
    throw std::runtime_error("no row '" + server + "' of " + probe);
}

} // namespace

TEST_CASE("prove asks the app nothing but requests that only read", "[prove]") {
    Server reads(answering(http(200, "ok"))), writes(answering(http(200, "ok"))),
        unwanted(answering(http(200, "ok")));
    Server head([](int fd, Server& self) {
        while (self.read_request(fd))
            if (!Server::send_text(fd, "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n")) return;
    });
    TemporaryFolder folder;
    Server docker(listen_on_unix(folder / "docker"), answering(http(200, "[]")));
    Bench at;
    at.spec("pin = \"3.6\"",
            "fail_fast = true\nmain_unit = \"nobody.service\"\n" + url_at(reads.port, "name = \"reads\"") +
                url_at(head.port, "method = \"HEAD\"") +
                url_at(writes.port, "name = \"writes\"\nrequest_body = \"x\"") +
                url_at(writes.port, "method = \"DELETE\"") + url_at(unwanted.port, "not = true") +
                "[[gate.probe]]\nexec = [\"touch\", \"" + folder / "ran" +
                "\"]\n[[gate.probe]]\nname = \"name\"\ndns = \"app.invalid\"\n" +
                "[[gate.probe]]\nunit = \"nobody.service\"\n" +
                "[[gate.probe]]\nswarm = \"a_b\"\nsocket = \"" + folder / "docker" + "\"\n");
    Json proof = at.prove();
    CHECK_FALSE(std::filesystem::exists(folder / "ran"));
    CHECK(writes.connections == 0);
    CHECK(unwanted.connections == 0);
    CHECK(docker.connections == 0);
    CHECK(reads.requests == 1);
    CHECK(head.requests == 1);
    CHECK(row_of(proof, "reads", "a healthy copy: the app's own answer").get("passed").as_bool() == true);
    CHECK(row_of(proof, "writes", "a healthy copy: made from the spec").get("passed").as_bool() == true);
}

TEST_CASE("a healthy copy that can't be made up of an app that must not be asked says so", "[prove]") {
    Server app(answering(http(200, "7-ready")));
    Bench at;
    at.spec("pin = \"3.6\"", url_at(app.port, "request_body = \"x\"\nbody = \"^[0-9]-ready$\""));
    CHECK(row_of(at.prove(), "probe-1", "a healthy copy").get("note").as_string() ==
          "what 'body' matches can't be made up, and the app itself is not asked: POST may change something");
    CHECK(app.requests == 0);
}

TEST_CASE("prove knows the wanted version of a gate that compares none yet, and where its app tells it",
          "[prove]") {
    Server app(answering(http(200, R"({"Version":"3.6.15"})")));
    Bench at;
    auto advice = [&](const Json& proof) {
        return row_of(proof, "probe-1", "answers as another version would").get("note").plain();
    };
    at.spec("pin = \"5.1.1+v3.6.15\"\nextract = '\\+v(.+)$'", url_at(app.port));
    Json proof = at.prove();
    CHECK(proof.get("version").as_string() == "5.1.1+v3.6.15");
    CHECK(proof.get("version_from").as_string() == "wanted");
    CHECK(advice(proof).find(R"(json = { "/Version" = "{app_version}" })") != std::string::npos);

    // No probe needs it, so that one which can't be had keeps nothing from being proved.
    for (const char* unknown : {"pin = \"5\"\nextract = '\\+v(.+)$'", "command = [\"false\"]"}) {
        at.spec(unknown, url_at(app.port));
        proof = at.prove();
        CHECK(proof.get("version_from").as_string() == "made up");
        CHECK(proof.get("holes").as_integer() == 0);
    }
}

TEST_CASE("probe runs no version command for a gate that compares none", "[prove]") {
    Server app(answering(http(200, "ok")));
    TemporaryFolder folder;
    Bench at;
    at.spec("command = [\"sh\", \"-c\", \"echo 1; touch " + folder / "ran" + "\"]", url_at(app.port));
    CHECK(at.call("probe app").code == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "ran"));
    CHECK(at.prove().get("version").as_string() == "1");
    CHECK(std::filesystem::exists(folder / "ran"));
}

TEST_CASE("prove --user finds the last good version of this user's unit", "[prove]") {
    Server app(answering(http(200, "ok")));
    Bench at;
    at.spec("pin = \"3.6\"", url_at(app.port));
    AppState state;
    state.last_good = Release{"3.5", "f"};
    REQUIRE(StateStore(at.folder / "state/unitgate", "app").save(state));
    Json proof = at.prove("--user", "");
    CHECK(proof.get("version").as_string() == "3.5");
    CHECK(proof.get("version_from").as_string() == "last good");
    CHECK(at.prove("", "").get("version").as_string() == "3.6");
}

TEST_CASE("a row of prove has the time that its try took", "[prove]") {
    ClosedPort closed;
    Bench at;
    at.spec("pin = \"3.6\"", url_at(closed.port));
    Ran ran = at.call("prove app --json");
    auto at_seconds = ran.output.find("\"seconds\"", ran.output.find("accepts and says nothing"));
    REQUIRE(at_seconds != std::string::npos);
    double seconds = std::stod(ran.output.substr(ran.output.find(':', at_seconds) + 1));
    CHECK(seconds >= 0.29); // the time-out, and what the clocks of curl and the loop differ by
    CHECK(seconds < 5);
    ran = at.call("prove app");
    auto row = ran.output.find("accepts and says nothing");
    REQUIRE(row != std::string::npos);
    std::string line = ran.output.substr(row, ran.output.find('\n', row) - row);
    INFO(line);
    CHECK(std::stod(line.substr(line.find("timeout") + 7)) >= 290);
    CHECK(line.ends_with("ms"));
}

TEST_CASE("the specs that are shipped have no hole", "[prove]") {
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

TEST_CASE("no verb but prove loads OpenSSL by itself", "[prove]") {
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
