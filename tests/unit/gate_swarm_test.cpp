// SPDX-License-Identifier: MIT
// The swarm probe against a Docker Engine that is made of canned answers. tests/system has a real one.
#include "catch.hpp"

#include "gate/swarm_probe.hpp"
#include "gate_server.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

std::string service(const std::string& name, int running, int desired, const std::string& update = "") {
    return R"({"ID":"x","Spec":{"Name":")" + name + R"(","TaskTemplate":{"Env":["KEY=HUSH"]}},)" +
           (update.empty() ? "" : R"("UpdateStatus":{"State":")" + update + R"(","Message":"HUSH"},)") +
           R"("ServiceStatus":{"RunningTasks":)" + std::to_string(running) + R"(,"DesiredTasks":)" +
           std::to_string(desired) + R"(,"CompletedTasks":0}})";
}

std::string said(const std::string& body, int status = 200) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = body;
    auto result = judge_service("web_app", answer);
    return std::string(cause_name(result.cause)) + ": " + result.detail;
}

} // namespace

TEST_CASE("replicas and an update are compared for a person, on a pass too") {
    auto rows = [](const std::string& body) {
        HttpAnswer answer;
        answer.status = 200;
        answer.body = body;
        std::string text;
        for (const Compared& one : compare_service("web_app", answer))
            text += one.what + " " + one.wanted + " " + one.got + (one.matches ? " yes;" : " no;");
        return text;
    };
    CHECK(rows("[" + service("web_app", 3, 3) + "]") == "replicas 3 3 yes;");
    CHECK(rows("[" + service("web_app", 2, 3, "updating") + "]") ==
          "replicas 3 2 no;update completed updating no;");
    CHECK(rows("[" + service("web_app", 0, 0, "completed") + "]") ==
          "replicas at least 1 0 no;update completed completed yes;");
    CHECK(rows("[" + service("other", 1, 1) + "]").empty());
    CHECK(rows("no JSON").empty());
}

TEST_CASE("a service passes while all its replicas run, and there is one") {
    CHECK(said("[" + service("web_app", 1, 1) + "]") == "pass: ");
    CHECK(said("[" + service("web_app", 3, 3, "completed") + "]") == "pass: ");
    CHECK(said("[" + service("web_app", 2, 3) + "]") == "replicas: 2 of 3 replicas run");
    CHECK(said("[" + service("web_app", 2, 1) + "]") == "replicas: 2 of 1 replicas run");
    CHECK(said("[" + service("web_app", 0, 0) + "]") == "replicas: the service is scaled to 0 replicas");
    CHECK(said("[" + service("web_app2", 1, 1) + "," + service("web_app", 0, 1) + "]") ==
          "replicas: 0 of 1 replicas run");
    CHECK(said("[" + service("web_app2", 1, 1) + "]") == "missing: there is no such service");
    CHECK(said("[]") == "missing: there is no such service");
}

TEST_CASE("a service whose update is not done does not pass on the replicas of before") {
    for (const char* state : {"updating", "rollback_started"})
        CHECK(said("[" + service("web_app", 1, 1, state) + "]") ==
              "replicas: an update of the service is under way");
    for (const char* state : {"paused", "rollback_paused"})
        CHECK(said("[" + service("web_app", 1, 1, state) + "]") ==
              "replicas: an update of the service has failed and is paused");
    CHECK(said("[" + service("web_app", 1, 1, "rollback_completed") + "]") == "pass: ");
}

TEST_CASE("an engine that can't tell is named, and nothing it says is shown") {
    CHECK(said(R"({"message":"HUSH"})", 503) == "docker: this host is no manager of a swarm");
    CHECK(said(R"({"message":"HUSH"})", 500) == "docker: the Docker Engine answers 500");
    CHECK(said("HUSH") == "docker: the answer is not one of a Docker Engine");
    CHECK(said("{}") == "docker: the answer is not one of a Docker Engine");
    CHECK(said(R"([{"Spec":{"Name":"web_app"}}])") ==
          "docker: the Docker Engine tells no replicas: it is older than 20.10");
}

TEST_CASE("the engine is asked for one service, on its socket") {
    TemporaryFolder folder;
    SwarmProbe probe{"web_app", folder / "docker.sock"};
    Event event = Event::create().value();
    auto prober = prober_of(event, probe);
    CHECK(prober->target() == "swarm web_app");
    auto result = try_once(*prober, event);
    CHECK(cause_name(result.cause) == "unreachable"); // no engine here
    Server engine(listen_on_unix(probe.socket), answering(http(200, "[" + service("web_app", 1, 1) + "]")));
    result = try_once(*prober, event);
    INFO(result.detail);
    CHECK(result.passed());
    CHECK(engine.last_request().starts_with(
        "GET /services?status=true&filters=%7B%22name%22%3A%5B%22web_app%22%5D%7D HTTP/1.1\r\n"));
}
