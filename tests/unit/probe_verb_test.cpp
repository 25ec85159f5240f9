// SPDX-License-Identifier: MIT
// The verb `probe` against servers of the test, and what it makes of a try.
#include "catch.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/file.hpp"
#include "base/json.hpp"
#include "child_server.hpp"
#include "deploy/state.hpp"
#include "gate/evidence.hpp"
#include "gate_server.hpp"
#include "report/probe_text.hpp"
#include "run_program.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

struct Bench {
    TemporaryFolder folder;
    Bench() { std::filesystem::create_directory(folder / "specs"); }
    void spec(const std::string& probes, const std::string& top = "") {
        std::ofstream(folder / "specs/app.toml")
            << top << "\n[version]\npin = \"3.6\"\n[deploy]\ncommand = [\"true\"]\n"
            << probes;
    }
    std::string call(const std::string& arguments) const {
        return UNITGATE_PROGRAM " --specs " + folder / "specs" + " --state " + folder / "state" + " " +
               arguments;
    }
    Ran probe(const std::string& arguments = "") const {
        return run_shell(call("probe app " + arguments + " 2>&1"));
    }
    Json json(const std::string& arguments = "") const {
        auto parsed = Json::parse(probe("--json " + arguments).output);
        REQUIRE(parsed);
        return *parsed;
    }
};

std::string at_port(std::uint16_t port, const std::string& more = "") {
    return "[[gate.probe]]\nurl = \"http://127.0.0.1:" + std::to_string(port) + "/api?x=query-secret\"\n" +
           more + "\n";
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

ProbeShown passed_in(Duration took) {
    ProbeShown probe;
    probe.name = "port";
    probe.target = "tcp 127.0.0.1:1";
    probe.result.took = took;
    return probe;
}

// Calls the verb against a server that answers `answers` requests; at the next one it sends `signal` instead.
Ran interrupted(int answers, int signal, const std::string& arguments) {
    Bench at;
    const std::string pid_file = at.folder / "pid";
    Server app([&](int fd, Server& self) {
        while (self.read_request(fd)) {
            if (self.requests > answers) {
                kill(std::stoi(*read_file(pid_file)), signal);
                return Server::wait_for_end(fd);
            }
            if (!Server::send_text(fd, http(200, "ok"))) return;
        }
    });
    at.spec(at_port(app.port));
    return run_shell("sh -c 'echo $$ >" + pid_file + "; exec " +
                     at.call("probe app --every 1ms " + arguments) + "' 2>&1");
}

} // namespace

TEST_CASE("probe shows each probe with what was compared, and passes only if all pass") {
    Server app(answering(http(200, R"({"Version":"3.6"})")));
    Bench at;
    at.spec(at_port(app.port, "json = { \"/Version\" = \"{version}\" }"));
    Ran ran = at.probe();
    CHECK(ran.code == 0);
    CHECK(has(ran.output,
              "app 3.6 (wanted)\npass  probe-1  http://127.0.0.1:" + std::to_string(app.port) + "/api  "));
    CHECK(has(ran.output, "\n  time: connect "));
    CHECK(has(ran.output, "\n  status: want '200', got '200'\n  json /Version: want '3.6', got '3.6'\n"));
    CHECK(has(ran.output, "\nthe gate passes\n"));
    CHECK_FALSE(has(ran.output, "query-secret"));

    ran = at.probe("--as 3.7");
    CHECK(ran.code == 1);
    CHECK(has(ran.output, "FAIL  probe-1"));
    CHECK(has(ran.output, "json /Version: want '3.7', got '3.6'  <- differs\n"));
    CHECK(has(ran.output, "the gate does not pass\n"));

    ClosedPort closed;
    at.spec(at_port(app.port) +
            "[[gate.probe]]\nname = \"port\"\ntcp = \"127.0.0.1:" + std::to_string(closed.port) + "\"\n");
    ran = at.probe();
    CHECK(ran.code == 1);
    CHECK(has(ran.output, "pass  probe-1"));
    CHECK(has(ran.output, "FAIL  port  tcp 127.0.0.1:" + std::to_string(closed.port)));
    CHECK(has(ran.output, "\n  refused: connection refused\n"));
}

TEST_CASE("the last good version is what probe compares with, else the wanted one") {
    Server app(answering(http(200, R"({"Version":"3.5"})")));
    Bench at;
    at.spec(at_port(app.port, "json = { \"/Version\" = \"{version}\" }"));
    CHECK(at.probe().code == 1);
    AppState state;
    state.last_good = Release{"3.5", "f"};
    REQUIRE(StateStore(at.folder / "state", "app").save(state));
    Ran ran = at.probe();
    CHECK(ran.code == 0);
    CHECK(has(ran.output, "app 3.5 (last good)\n"));
}

TEST_CASE("a probe that can't be tried says why, fails, and keeps no other from being tried") {
    Server app(answering(http(200, "ok"))), keyed(answering(http(200, "ok")));
    Bench at;
    at.spec(at_port(app.port) +
                at_port(keyed.port, "header = { Authorization = \"Bearer {credential:token}\" }"),
            "credentials = { token = \"" + at.folder / "nowhere" + "\" }");
    Ran ran = at.probe();
    CHECK(ran.code == 1);
    CHECK(has(ran.output, "pass  probe-1"));
    CHECK(has(ran.output, "not tried  probe-2"));
    CHECK(has(ran.output, "cannot use credential 'token': cannot open '" + at.folder / "nowhere"));
    CHECK(app.requests == 1);
    CHECK(keyed.requests == 0);

    // Whoever may not read the unit's own brings a copy.
    std::filesystem::create_directory(at.folder / "own");
    std::ofstream(at.folder / "own/token") << "s3cret-of-mine\n";
    ran = run_shell("CREDENTIALS_DIRECTORY=" + at.folder / "own" + " " + at.call("probe app 2>&1"));
    CHECK(ran.code == 0);
    CHECK(has(keyed.last_request(), "Bearer s3cret-of-mine"));
    CHECK(has(ran.output, "'Authorization: Bearer {credential:token}'"));
    CHECK_FALSE(has(ran.output, "s3cret"));

    at.spec(at_port(app.port) + at_port(app.port, "json = { \"/Version\" = \"{version}\" }"));
    std::string text = *read_file(at.folder / "specs/app.toml");
    std::ofstream(at.folder / "specs/app.toml")
        << text.replace(text.find("pin = \"3.6\""), 11, "file = \"/nonexistent/VERSION\"");
    ran = at.probe();
    CHECK(ran.code == 1);
    CHECK(has(ran.output, "not tried  probe-2"));
    CHECK(has(ran.output, "give it with '--as VERSION'"));
}

TEST_CASE("an answer that repeats a secret is shown without it") {
    Server app(answering(http(200, R"({"Version":"s3cret-of-mine"})")));
    Bench at;
    std::ofstream(at.folder / "token") << "s3cret-of-mine";
    at.spec(at_port(app.port, "json = { \"/Version\" = \"1\" }\nheader = { X-Key = \"{credential:token}\" }"),
            "credentials = { token = \"" + at.folder / "token" + "\" }");
    Ran ran = at.probe();
    CHECK(has(ran.output, "got '[hidden]'"));
    CHECK_FALSE(has(ran.output, "s3cret"));
    CHECK_FALSE(has(at.probe("--json").output, "s3cret"));
}

TEST_CASE("what a command printed last is shown, without the secrets in it") {
    Bench at;
    std::ofstream(at.folder / "token") << "credential-secret\n";
    at.spec("[[gate.probe]]\nexec = [\"sh\", \"-c\", \"echo one; echo; echo credential-secret >&2; exit "
            "4\"]\n[[gate.probe]]\nurl = \"http://127.0.0.1:1/\"\nheader = { X = \"{credential:token}\" }\n",
            "credentials = { token = \"" + at.folder / "token" + "\" }");
    Ran ran = at.probe();
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK(has(ran.output, "exec sh"));
    CHECK(has(ran.output, "the command exited with status 4"));
    CHECK(has(ran.output, "\n  printed: one\n  printed: [hidden]\n"));
    CHECK(at.json().at_pointer("/probes/0/output").value()->plain() == "one\n\n[hidden]\n");
}

TEST_CASE("probe --count tries so often and sums up") {
    std::atomic<int> turn{0};
    Server app([&](int fd, Server& self) {
        while (self.read_request(fd))
            if (!Server::send_text(fd, http(turn++ == 1 ? 503 : 200, ""))) return;
    });
    Bench at;
    at.spec(at_port(app.port));
    Ran ran = at.probe("--count 3 --every 1ms");
    CHECK(ran.code == 1);
    CHECK(app.requests == 3);
    CHECK(app.connections == 3); // each try is one of its own
    CHECK(has(ran.output, "\nprobe-1  2/3  min "));
    CHECK(has(ran.output, "  status 503 1\n"));
    ran = at.probe("--count 6 --every 1ms");
    CHECK(ran.code == 0);
    CHECK(has(ran.output, "\nprobe-1  6/6  min "));

    std::istringstream lines(at.probe("--count 2 --every 1ms --json").output);
    std::vector<Json> all;
    for (std::string line; std::getline(lines, line);)
        all.push_back(Json::parse(line).value());
    REQUIRE(all.size() == 3);
    CHECK(all[0].get("passed").as_bool() == true);
    CHECK(all[2].get("probes").items().at(0).get("passed").as_integer() == 2);

    for (auto wrong :
         {"--count 0", "--count x", "--count 1.5", "--count 2 --every 0s", "--watch --every soon"}) {
        INFO(wrong);
        CHECK(at.probe(wrong).code == 2);
    }
}

TEST_CASE("probe --count 1 prints in the shape of more") {
    Server app(answering(http(200, "ok")));
    Bench at;
    at.spec(at_port(app.port));
    Ran ran = at.probe("--count 1");
    CHECK(ran.code == 0);
    CHECK(has(ran.output, "  pass  probe-1  200  "));
    CHECK(has(ran.output, "\nprobe-1  1/1  min "));
    ran = at.probe("--count 1 --json");
    CHECK(std::count(ran.output.begin(), ran.output.end(), '\n') == 2);
}

TEST_CASE("options of probe that would be ignored are usage errors that say what to type") {
    Bench at;
    at.spec(at_port(1));
    Ran ran = at.probe("--every 10s");
    CHECK(ran.code == 2);
    CHECK(has(ran.output, "'--every' needs '--watch' or '--count'"));
    CHECK(has(ran.output, "write it as in '--count 6 --every 10s'"));
    ran = at.probe("--watch --count 2");
    CHECK(ran.code == 2);
    CHECK(has(ran.output, "'--watch' and '--count' do not go together"));
    CHECK(has(ran.output, "type '--count N' for N tries, or '--watch' to try until Ctrl-C"));
}

TEST_CASE("probe that was interrupted before it had made all tries has failed, and says how many it made") {
    Ran ran = interrupted(0, SIGTERM, "--count 6");
    CHECK(ran.code == 1);
    CHECK(ran.output == "interrupted: 0 of 6 tries were made\n");
    ran = interrupted(5, SIGTERM, "--count 600");
    CHECK(ran.code == 1);
    CHECK(has(ran.output, "\nprobe-1  5/5  min "));
    CHECK(ran.output.ends_with("\ninterrupted: 5 of 600 tries were made\n"));
    ran = interrupted(0, SIGINT, "--count 6 --json");
    CHECK(ran.code == 1);
    CHECK(ran.output == R"({"name":"app","passed":false,"made":0,"wanted":6,"probes":[]})"
                        "\n");
}

TEST_CASE("probe --watch that never came to the end of a try has failed") {
    Ran ran = interrupted(0, SIGINT, "--watch");
    CHECK(ran.code == 1);
    CHECK(ran.output == "interrupted: no try was made\n");
    ran = interrupted(2, SIGINT, "--watch");
    CHECK(ran.code == 0);
    CHECK(has(ran.output, "\nprobe-1  2/2  min "));
    CHECK_FALSE(has(ran.output, "interrupted"));
}

TEST_CASE("probe --watch goes on until it is interrupted, then sums up") {
    Server app(answering(http(200, "ok")));
    Bench at;
    at.spec(at_port(app.port));
    // Whoever reads along sends the interrupt once it has read three lines.
    Ran ran = run_shell("exec bash -c 'coproc " + at.call("probe app --watch --every 1ms") +
                        "; pid=$COPROC_PID; exec 3<&${COPROC[0]}; for i in 1 2 3; do read -r line <&3; done; "
                        "kill -INT $pid; cat <&3; wait $pid; echo code $?' 2>&1");
    INFO(ran.output);
    CHECK(has(ran.output, "code 0"));
    CHECK(has("\n" + ran.output, "\nprobe-1  ")); // at once, where it was that fast
    CHECK(app.requests >= 3);
}

TEST_CASE("--json tells the same, under names that do not change") {
    Server app(answering(http(404, R"({"Version":"3.6"})")));
    Bench at;
    at.spec(at_port(app.port, "json = { \"/Version\" = \"{version}\" }"));
    Json json = at.json();
    CHECK(json.get("passed").as_bool() == false);
    CHECK(json.get("version").as_string() == "3.6");
    Json probe = json.get("probes").items().at(0);
    CHECK(probe.get("cause").as_string() == "status");
    CHECK(probe.get("status").as_integer() == 404);
    CHECK(probe.get("detail").as_string() == "got 404, want 200");
    CHECK_FALSE(probe.get("parts").get("first_byte").is_null());
    auto compared = probe.get("compared").items();
    REQUIRE(compared.size() == 2);
    CHECK(compared[0].get("matches").as_bool() == false);
    CHECK(compared[1].get("what").as_string() == "json /Version");
    CHECK(compared[1].get("matches").as_bool() == true);
}

TEST_CASE("--json has every key for every kind of probe, tried or not") {
    Server app(answering(http(200, "ok")));
    Bench at;
    const std::string probe = "\n[[gate.probe]]\n";
    at.spec(at_port(app.port) + probe + "grpc = \"http://127.0.0.1:1\"" + probe + "tcp = \"127.0.0.1:1\"" +
                probe + "unix = \"/nonexistent\"" + probe + "unit = \"nowhere.service\"" + probe +
                "exec = [\"/nonexistent\"]" + probe + "exec = [\"/bin/true\"]" + probe +
                "file = \"/nonexistent\"" + probe + "dns = \"localhost\"" + probe +
                "swarm = \"web\"\nsocket = \"/nonexistent\"" + probe +
                "url = \"http://127.0.0.1:1/\"\nheader = { X = \"{credential:token}\" }\n",
            "credentials = { token = \"/nonexistent\" }");
    Json json = at.json();
    INFO(json.dump(1));
    auto probes = json.get("probes").items();
    CHECK(probes.size() == 11);
    for (const Json& one : probes) {
        INFO(one.dump());
        for (auto key : {"name", "target", "passed", "untried", "cause", "status", "detail", "seconds",
                         "parts", "certificate", "compared", "output", "curl"})
            CHECK(one.at_pointer(std::string("/") + key).value().has_value());
    }
    CHECK_FALSE(probes.back().get("untried").is_null());
    CHECK(probes.back().get("seconds").is_null());
}

TEST_CASE("what this program sets up for TLS is in no probe's time") {
    Certificates certificates;
    REQUIRE(certificates.made); // needs openssl(1)
    BadServer app({"--tls", certificates["good"], certificates["key"], "ok"});
    Bench at;
    const std::string authority = *read_file(certificates["ca.pem"]);
    std::ofstream many(at.folder / "many.pem"); // takes half a second to read
    for (int i = 0; i < 500; ++i)
        many << authority;
    many.close();
    at.spec(
        "[[gate.probe]]\nurl = \"https://app.invalid/\"\nconnect = \"127.0.0.1:" + std::to_string(app.port) +
        "\"\nca = \"" + at.folder / "many.pem" + "\"\n[[gate.probe]]\nfile = \"/\"\n");
    const Instant began = Clock::now();
    auto probes = at.json().get("probes").items();
    const double call = std::chrono::duration<double>(Clock::now() - began).count();
    REQUIRE(probes.size() == 2);
    Json parts = probes[0].get("parts");
    Json tls = parts.get("tls").is_null() ? parts.get("connect_and_tls") : parts.get("tls");
    CHECK(std::stod(tls.plain()) < call / 3);
    CHECK(std::stod(probes[1].get("seconds").plain()) < call / 3);
}

TEST_CASE("times are shown as parts that add up, and a certificate with the days that it has left") {
    auto evidence = std::make_shared<Evidence>();
    evidence->trace.connected = 200us;
    evidence->trace.secured = 2200us;
    evidence->trace.first_byte = 3200us;
    WallTime now = std::chrono::system_clock::from_time_t(1781329468); // 2026-06-13
    evidence->trace.certificate = HttpCertificate{"CN = a", "CN = b", now + std::chrono::hours(49)};
    ProbeShown probe = passed_in(3500us);
    probe.result.evidence = evidence;
    std::string text = probe_text(probe, now);
    CHECK(has(text, "  time: connect 0.20ms, TLS 2.00ms, first byte 1.00ms, rest 0.30ms\n"));
    CHECK(has(text, "  certificate: CN = a, issued by CN = b, valid until 2026-06-15, 2 more days\n"));
    CHECK(has(probe_text(probe, now + std::chrono::hours(50)), "CN = b, expired on 2026-06-15\n"));
    evidence->trace.looked_up = 100us;
    evidence->trace.connected = evidence->trace.secured; // libcurl 7.88 on a name
    CHECK(has(probe_text(probe, now), "  time: name 0.10ms, connect and TLS 2.10ms, first byte"));
}

TEST_CASE("a sum has the share that passed, their times and the causes of the others") {
    ProbeSum sum;
    for (auto took : {5ms, 3ms, 4ms})
        sum.add({passed_in(took)});
    ProbeShown refused = passed_in(1ms);
    refused.result.cause = Cause::refused;
    sum.add({refused});
    CHECK(sum.text() == "port  3/4  min 3.00ms, median 4.00ms, max 5.00ms  refused 1\n");
    CHECK(sum.json().dump() ==
          R"([{"name":"port","tries":4,"passed":3,"min":0.003,"median":0.004,"max":0.005,)"
          R"("causes":{"refused":1}}])");
    ProbeSum none;
    none.add({refused});
    CHECK(none.json().items().at(0).get("median").is_null());
}
