// SPDX-License-Identifier: MIT
// The HTTP probe against servers that misbehave: every cause by name, and what is sent.
#include "catch.hpp"

#include <cstdlib>
#include <fstream>
#include <optional>

#include "gate_server.hpp"
#include "resolver.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

TEST_CASE("a wanted status passes, another fails with both in its detail") {
    Server server(answering(http(502, "bad gateway")));
    auto probe = http_probe(server.port);
    auto result = try_of(probe);
    CHECK(cause_name(result.cause) == "status");
    CHECK(result.status == 502);
    CHECK(result.detail == "got 502, want 200");
    probe.status = {{200, 299}, {502, 502}};
    CHECK(try_of(probe).passed());
    probe.status = {{200, 299}, {404, 404}};
    CHECK(try_of(probe).detail == "got 502, want 200-299 or 404");
}

TEST_CASE("a redirect is not followed and fails as status") {
    Server target(answering(http(200, "")));
    Server server(
        answering(http(301, "", "Location: http://127.0.0.1:" + std::to_string(target.port) + "/\r\n")));
    for (auto method : {"GET", "POST"}) { // a plain exchange, and libcurl's HTTP
        auto probe = http_probe(server.port);
        probe.method = method;
        auto result = try_of(probe);
        CHECK(cause_name(result.cause) == "status");
        CHECK(result.detail == "got 301, want 200");
    }
    CHECK(target.connections == 0);
}

TEST_CASE("a packed body is judged as it came") {
    // printf '{"ok":true}' | gzip -n
    const std::string packed(
        "\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\x56\xca\xcf\x56\xb2\x2a\x29\x2a\x4d\xad\x05\0\x90\x5b"
        "\x9b\xe5\x0b\0\0\0",
        31);
    Server server(answering(http(200, packed, "Content-Encoding: gzip\r\n")));
    for (auto method : {"GET", "POST"}) {
        auto probe = http_probe(server.port);
        probe.method = method;
        probe.json = {{"/ok", "true"}};
        auto result = try_of(probe);
        CHECK(cause_name(result.cause) == "json");
        CHECK(result.detail == "the body is no JSON");
        CHECK(server.last_request().find("Accept-Encoding") == std::string::npos);
    }
}

TEST_CASE("a closed port is refused, with a plain connection and through libcurl") {
    ClosedPort closed;
    REQUIRE(closed.fd);
    auto result = try_of(http_probe(closed.port));
    CHECK(cause_name(result.cause) == "refused");
    CHECK(result.status == 0);
    HttpProbe named;
    named.url = "http://localhost:" + std::to_string(closed.port) + "/"; // looked up, so by libcurl
    CHECK(cause_name(try_of(named).cause) == "refused");
}

TEST_CASE("a server that resets or closes early is a reset") {
    struct Row {
        const char* what;
        std::function<void(int, Server&)> script;
    };
    std::vector<Row> rows;
    rows.push_back({"reset after accept", [](int fd, Server&) { Server::reset(fd); }});
    rows.push_back({"reset after the request", [](int fd, Server& server) {
                        server.read_request(fd);
                        Server::reset(fd);
                    }});
    rows.push_back({"reset within the body", [](int fd, Server& server) {
                        server.read_request(fd);
                        Server::send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                        Server::reset(fd);
                    }});
    rows.push_back({"closed without an answer", answering_once("")});
    rows.push_back({"closed within the headers", answering_once("HTTP/1.1 200 OK\r\nContent-Le")});
    rows.push_back({"body cut off", answering_once("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")});
    rows.push_back({"chunks cut off",
                    answering_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")});
    for (auto& [what, script] : rows) {
        INFO(what);
        Server server(script);
        auto probe = http_probe(server.port);
        auto result = try_of(probe);
        CHECK(cause_name(result.cause) == "reset");
        CHECK_FALSE(result.detail.empty());
        probe.body = "hello";
        CHECK(cause_name(try_of(probe).cause) == "reset");
    }
}

TEST_CASE("a server that hangs or drips is a time-out of the whole try") {
    Server hangs([](int fd, Server&) { Server::wait_for_end(fd); });
    auto begun = Clock::now();
    auto result = try_of(http_probe(hangs.port), 200ms);
    CHECK(cause_name(result.cause) == "timeout");
    CHECK(result.detail == "no answer within 200ms");
    CHECK(result.took >= 190ms);
    CHECK(Clock::now() - begun < 3s);

    Server drips([](int fd, Server& server) {
        server.read_request(fd);
        if (!Server::send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")) return;
        pollfd gone{fd, POLLIN | POLLRDHUP, 0};
        while (poll(&gone, 1, 50) == 0 && Server::send_text(fd, "x")) {
        }
    });
    result = try_of(http_probe(drips.port), 300ms);
    CHECK(cause_name(result.cause) == "timeout");
    CHECK(result.status == 200);
    CHECK(result.detail == "the answer did not end within 300ms");
}

TEST_CASE("an answer that is no HTTP is protocol") {
    for (auto text : {"SSH-2.0-OpenSSH_9.2\r\n", "hello world\r\n\r\n", "<html>an HTTP/0.9 answer</html>",
                      "HTTP/1.1 abc\r\n\r\n", "\x16\x03\x01\x02\x01\x01\x02"}) {
        INFO(text);
        Server server(answering_once(text));
        CHECK(cause_name(try_of(http_probe(server.port)).cause) == "protocol");
    }
    Server chunks(answering_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"));
    CHECK(cause_name(try_of(http_probe(chunks.port)).cause) == "protocol");
}

TEST_CASE("bad chunks after a reset on the same probe are protocol, not another reset") {
    std::atomic<int> turn{0};
    Server server([&](int fd, Server& self) {
        if (!self.read_request(fd)) return;
        if (turn++ == 0) return Server::reset(fd);
        Server::send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n");
        Server::wait_for_end(fd);
    });
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port));
    CHECK(cause_name(try_once(*prober, event).cause) == "reset");
    CHECK(cause_name(try_once(*prober, event).cause) == "protocol");
}

TEST_CASE("headers over 64 KiB or malformed are header") {
    std::string many = "HTTP/1.1 200 OK\r\n";
    while (many.size() < (70 << 10))
        many += "X-Flood: " + std::string(1000, 'x') + "\r\n";
    std::string long_line = "HTTP/1.1 200 OK\r\nX: " + std::string(300 << 10, 'x') + "\r\n\r\n";
    for (const auto& text :
         {many + "\r\n", long_line,
          std::string("HTTP/1.1 200 OK\r\nno colon in this line\r\nContent-Length: 0\r\n\r\n")}) {
        INFO(text.substr(0, 40));
        Server server(answering_once(text));
        CHECK(cause_name(try_of(http_probe(server.port)).cause) == "header");
    }
    Server endless([](int fd, Server& self) {
        self.read_request(fd);
        Server::send_text(fd, "HTTP/1.1 200 OK\r\n");
        while (Server::send_text(fd, "X-Flood: yes\r\n")) {
        }
    });
    CHECK(cause_name(try_of(http_probe(endless.port)).cause) == "header");
    Server below(
        answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + std::string(60 << 10, 'x') + "\r\n\r\n"));
    CHECK(try_of(http_probe(below.port)).passed());
}

TEST_CASE("a long body is too large for a rule and judged on its status without one") {
    std::string big(100 << 10, 'x');
    Server server(answering_once(http(200, big)));
    auto probe = http_probe(server.port);
    CHECK(try_of(probe).passed());
    probe.body = "x";
    CHECK(cause_name(try_of(probe).cause) == "too-large");
    probe.status = {{404, 404}};
    CHECK(cause_name(try_of(probe).cause) == "status");
    Server edge(answering_once(http(200, std::string(64 << 10, 'x'))));
    probe = http_probe(edge.port);
    probe.body = "^x+$";
    CHECK(try_of(probe).passed());

    Server endless([](int fd, Server& self) {
        self.read_request(fd);
        Server::send_text(fd, "HTTP/1.1 200 OK\r\n\r\n");
        while (Server::send_text(fd, std::string(4096, 'x'))) {
        }
    });
    CHECK(try_of(http_probe(endless.port)).passed());
    probe = http_probe(endless.port);
    probe.json = {{"/a", "1"}};
    CHECK(cause_name(try_of(probe).cause) == "too-large");
}

TEST_CASE("a name that does not resolve is dns, and a hung resolver blocks nothing") {
    HttpProbe probe;
    probe.url = "http://nowhere.invalid/";
    CHECK(cause_name(try_of(probe).cause) == "dns");
    probe.url = "http://hang.invalid/";
    HungResolver resolver;
    auto result = try_of(probe, 100ms); // else this would never come back
    CHECK(cause_name(result.cause) == "dns");
    CHECK(result.detail == "the name was not resolved within 100ms");
}

TEST_CASE("under connect the Host is the URL's and no name is looked up") {
    Server server(answering(http(200, "")));
    HttpProbe probe;
    probe.url = "http://traefik.invalid/api/version";
    probe.connect = SocketAddress{"127.0.0.1", server.port};
    CHECK(try_of(probe).passed());
    auto request = server.last_request();
    CHECK(request.starts_with("GET /api/version HTTP/1.1\r\n"));
    CHECK(request.find("\r\nHost: traefik.invalid\r\n") != std::string::npos);
    CHECK(request.find("Accept-Encoding") == std::string::npos);
    CHECK(request.find("\r\nUser-Agent: unitgate/") != std::string::npos);
}

TEST_CASE("proxies, netrc and cookies of the environment are ignored") {
    TemporaryFolder home;
    std::ofstream(home / ".netrc") << "default login somebody password s3cret\n";
    Server proxy(answering(http(500, "")));
    Server server(answering(http(200, "", "Set-Cookie: a=b\r\n")));
    const std::string address = "http://127.0.0.1:" + std::to_string(proxy.port);
    const std::vector<std::pair<const char*, std::string>> variables{
        {"http_proxy", address}, {"HTTP_PROXY", address}, {"https_proxy", address}, {"HTTPS_PROXY", address},
        {"ALL_PROXY", address},  {"all_proxy", address},  {"HOME", home.path()}};
    std::vector<std::optional<std::string>> before;
    for (const auto& [name, value] : variables) {
        const char* old = getenv(name);
        before.push_back(old ? std::optional<std::string>(old) : std::nullopt);
        setenv(name, value.c_str(), 1);
    }
    Event event = Event::create().value();
    // Connected to by this program, and by libcurl; asked in a plain exchange, and with libcurl's HTTP.
    for (std::string host : {"127.0.0.1", "localhost"})
        for (auto method : {"GET", "POST"}) {
            INFO(host << " " << method);
            HttpProbe probe;
            probe.url = "http://" + host + ":" + std::to_string(server.port) + "/";
            probe.method = method;
            auto prober = prober_of(event, probe);
            for (int i = 0; i < 2; ++i) {
                CHECK(try_once(*prober, event).passed());
                CHECK(server.last_request().find("Cookie") == std::string::npos);
                CHECK(server.last_request().find("Authorization") == std::string::npos);
            }
        }
    Server no_tls([](int fd, Server&) {
        Server::send_text(fd, http(400, ""));
        Server::wait_for_end(fd);
    });
    HttpProbe secure; // would ask the proxy for a tunnel
    secure.url = "https://localhost:" + std::to_string(no_tls.port) + "/";
    CHECK(cause_name(try_of(secure).cause) == "tls");
    for (std::size_t i = 0; i < variables.size(); ++i)
        if (before[i])
            setenv(variables[i].first, before[i]->c_str(), 1);
        else
            unsetenv(variables[i].first);
    CHECK(proxy.connections == 0);
}

TEST_CASE("a connection is kept between tries, and its end between two tries goes unnoticed") {
    Server server(answering(http(200, "ok")));
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port));
    for (int i = 0; i < 10; ++i)
        CHECK(try_once(*prober, event).passed());
    CHECK(server.connections == 1);
    CHECK(server.requests == 10);

    Server closing(answering_once(http(200, "ok")));
    auto other = prober_of(event, http_probe(closing.port));
    for (int i = 0; i < 10; ++i) {
        TryResult result = try_once(*other, event);
        INFO(i << ": " << result.detail);
        CHECK(result.passed());
    }
}

TEST_CASE("a server that takes a request on a kept connection and closes it is asked anew, as often as it "
          "does that") {
    // The worst moment there is, each time: the connection is open when the request goes out.
    Server server([](int fd, Server& self) {
        if (self.read_request(fd)) Server::send_text(fd, http(200, "ok"));
        self.read_request(fd);
    });
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port));
    for (int i = 0; i < 20; ++i) {
        TryResult result = try_once(*prober, event);
        INFO(i << ": " << result.detail);
        CHECK(result.passed());
    }
    CHECK(server.connections == 20);

    // On a new connection it is a failure: nothing is asked twice there.
    Server never([](int fd, Server& self) { self.read_request(fd); });
    CHECK(cause_name(try_of(http_probe(never.port)).cause) == "reset");
    CHECK(never.connections == 1);
}

TEST_CASE("credentials and versions are filled into headers, the URL and the rules") {
    Server server(answering(http(200, R"json({"Version":"3.6.15","list":["(3.6.15)"],"n":5})json")));
    auto probe = http_probe(server.port, "/v/{version}?q={app_version}");
    probe.header = {
        {"Authorization", "Bearer {credential:token}"}, {"X-Empty", ""}, {"X-Version", "{version}"}};
    probe.json = {{"/Version", "{app_version}"}, {"/list/0", "({app_version})"}, {"/n", "5"}};
    probe.body = "\"Version\":\"{app_version}\"";
    Expansion expansion{"5.1 +v3.6.15", "3.6.15"};
    auto result = try_of(probe, 5s, expansion, {{"token", "s3cret"}});
    INFO(result.detail);
    CHECK(result.passed());
    auto request = server.last_request();
    CHECK(request.starts_with("GET /v/5.1%20+v3.6.15?q=3.6.15 HTTP/1.1\r\n"));
    CHECK(request.find("\r\nAuthorization: Bearer s3cret\r\n") != std::string::npos);
    CHECK(request.find("\r\nX-Version: 5.1 +v3.6.15\r\n") != std::string::npos);
    CHECK(request.find("\r\nX-Empty:\r\n") != std::string::npos);
}

TEST_CASE("nothing of a request's secrets or of an answer's body is in a result or target") {
    Server server(answering(http(200, R"({"Version":"private-body"})")));
    HttpProbe probe;
    probe.url =
        "http://user:passw0rd@127.0.0.1:" + std::to_string(server.port) + "/p?token=query-secret#part";
    probe.header = {{"X-Key", "{credential:key}"}};
    probe.json = {{"/Version", "wanted-value"}};
    Event event = Event::create().value();
    auto prober = prober_of(event, probe, 5s, {"1", "1"}, {{"key", "header-secret"}});
    auto result = try_once(*prober, event);
    CHECK(cause_name(result.cause) == "json");
    CHECK(result.detail == "'/Version' is another value than the wanted one");
    CHECK(prober->target() == "http://127.0.0.1:" + std::to_string(server.port) + "/p");
    CHECK(server.last_request().find("Authorization: Basic ") != std::string::npos);
}

TEST_CASE("probes that can't work are errors before any try, without secrets in their text") {
    Event event = Event::create().value();
    auto error_of = [&](const HttpProbe& probe, const Credentials& credentials = {}) {
        auto made = make_prober(event, probe_of(probe), 1s, {"1", "1"}, credentials, nullptr);
        REQUIRE_FALSE(made.has_value());
        return made.error().message;
    };
    auto probe = http_probe(1);
    probe.header = {{"X", "{credential:nope}"}};
    CHECK(error_of(probe).find("no credential 'nope'") != std::string::npos);
    probe.header = {{"X", "{credential:bad}"}};
    auto text = error_of(probe, {{"bad", "s3cret\r\nHost: evil"}});
    CHECK(text.find("s3cret") == std::string::npos);
    probe = http_probe(1);
    probe.body = "(";
    CHECK(error_of(probe).find("pattern") != std::string::npos);
    probe.body = "";
    probe.json = {{"Version", "1"}};
    CHECK(error_of(probe).find("'Version'") != std::string::npos);
    probe = {};
    probe.url = "ftp://user:s3cret@host/";
    CHECK(error_of(probe).find("s3cret") == std::string::npos);
}
