// SPDX-License-Identifier: MIT
// What an HTTP request may have beside its URL: method, body, a Unix socket to go through, a version in the
// answer's headers.
#include "catch.hpp"

#include "gate_server.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

// A server that waits for `body` bytes and answers 200.
std::function<void(int, Server&)> taking(std::size_t body) {
    return [body](int fd, Server& server) {
        while (server.read_request(fd, body))
            if (!Server::send_text(fd, http(200, "ok"))) return;
    };
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a request body is sent as it is, of no type but the spec's") {
    const std::string body = R"({"v": "1.0", "key": "HUSH"})";
    Server server(taking(body.size()));
    auto probe = http_probe(server.port);
    probe.method = "POST";
    probe.request_body = R"({"v": "{version}", "key": "{credential:key}"})";
    CHECK(try_of(probe, 5s, {"1.0", "1.0"}, {{"key", "HUSH"}}).passed());
    CHECK(server.last_request().starts_with("POST / HTTP/1.1\r\n"));
    CHECK(server.last_request().ends_with("\r\n\r\n" + body));
    CHECK(has(server.last_request(), "\r\nContent-Length: 27\r\n"));
    CHECK_FALSE(has(server.last_request(), "Content-Type"));
    CHECK_FALSE(has(server.last_request(), "Expect"));

    probe.method = "PUT";
    probe.header = {{"content-type", "application/json"}};
    CHECK(try_of(probe, 5s, {"1.0", "1.0"}, {{"key", "HUSH"}}).passed());
    CHECK(server.last_request().starts_with("PUT / HTTP/1.1\r\n"));
    CHECK(has(server.last_request(), "\r\ncontent-type: application/json\r\n"));

    Event event = Event::create().value();
    auto made = make_prober(event, probe_of(probe), 5s, {"1.0", "1.0"}, {}, nullptr);
    REQUIRE_FALSE(made);
    CHECK(made.error().message == "cannot use 'request_body': there is no credential 'key'");
}

TEST_CASE("a body of zero bytes is told where the method has one") {
    Server server(taking(0));
    auto probe = http_probe(server.port);
    for (const char* method : {"POST", "PUT"}) {
        probe.method = method;
        CHECK(try_of(probe).passed());
        CHECK(has(server.last_request(), "\r\nContent-Length: 0\r\n"));
    }
    probe.method = "OPTIONS";
    CHECK(try_of(probe).passed());
    CHECK(server.last_request().starts_with("OPTIONS / HTTP/1.1\r\n"));
    CHECK_FALSE(has(server.last_request(), "Content-Length"));
}

TEST_CASE("the answer to HEAD has no body, whatever its length says, and keeps its connection") {
    Server server(answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
    auto probe = http_probe(server.port);
    probe.method = "HEAD";
    Event event = Event::create().value();
    auto prober = prober_of(event, probe);
    for (int i = 0; i < 3; ++i)
        CHECK(try_once(*prober, event).passed());
    CHECK(server.last_request().starts_with("HEAD / HTTP/1.1\r\n"));
    CHECK(server.connections == 1);
}

TEST_CASE("HTTP goes through a Unix socket, over a kept connection") {
    TemporaryFolder folder;
    for (const std::string& path :
         {folder / "app.sock", "@unitgate-test-" + std::to_string(getpid()) + "-request"}) {
        HttpProbe probe;
        probe.url = "http://app.invalid/health"; // nobody looks that up
        probe.socket = path;
        Event event = Event::create().value();
        auto prober = prober_of(event, probe);
        CHECK(prober->target() == "http://app.invalid/health");
        std::string before = cause_name(try_once(*prober, event).cause).data();
        CHECK(before == (path.starts_with('@') ? "refused" : "unreachable"));
        Server server(listen_on_unix(path), answering(http(200, "ok")));
        for (int i = 0; i < 3; ++i)
            CHECK(try_once(*prober, event).passed());
        CHECK(has(server.last_request(), "\r\nHost: app.invalid\r\n"));
        CHECK(server.connections == 1);
    }
}

TEST_CASE("a header of the answer proves the version") {
    auto tried = [](const std::string& headers) {
        Server server(answering(headers));
        auto probe = http_probe(server.port);
        probe.version_header = "X-App-Version";
        return try_of(probe, 5s, {"5.1+v3.6", "3.6"});
    };
    CHECK(tried(http(200, "ok", "x-app-VERSION:  3.6 \r\n")).passed());
    auto result = tried(http(200, "ok", "X-App-Version: 3.5-HUSH\r\n"));
    CHECK(cause_name(result.cause) == "version");
    CHECK(result.status == 200);
    CHECK(result.detail == "header 'X-App-Version' has another value than 3.6");
    result = tried(http(200, "ok", "X-App-Version-2: 3.6\r\n"));
    CHECK(cause_name(result.cause) == "version");
    CHECK(result.detail == "the answer has no header 'X-App-Version'");
    // What came before the answer is none of it.
    CHECK_FALSE(tried("HTTP/1.1 103 Early Hints\r\nX-App-Version: 3.6\r\n\r\n" + http(200, "ok")).passed());
    // Where the status is wrong, that says more.
    CHECK(cause_name(tried(http(503, "", "X-App-Version: 3.5\r\n")).cause) == "status");
}
