// SPDX-License-Identifier: MIT
// Plain requests and answers: what is taken for plain, that it is what libcurl would have sent and
// understood, and that libcurl is asked about everything else.
#include "catch.hpp"

#include <algorithm>
#include <mutex>

#include "base/text.hpp"
#include "gate_server.hpp"
#include "io/curl.hpp"
#include "io/plain_http.hpp"

using namespace unitgate;
using namespace unitgate::test;
using Is = PlainAnswer::Is;

namespace {

HttpAnswer ask(const Event& event, HttpTransfer& transfer, Duration timeout = 5s) {
    HttpAnswer got;
    bool over = false;
    transfer.start(timeout, Duration(0), Fd(), [&](HttpAnswer answer) {
        got = std::move(answer);
        over = true;
    });
    run_until(event, over);
    return got;
}

// Over a socket of this program's own, or a connection of libcurl's.
HttpRequest request_to(std::uint16_t port, bool own_socket) {
    HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(port) + "/";
    if (own_socket) request.connect = SocketAddress{"127.0.0.1", port};
    return request;
}

// Given whole, then byte by byte: what comes of it must not depend on how it is cut.
Is taken(const HttpRequest& request, const std::string& text, HttpAnswer* answer = nullptr) {
    PlainAnswer at_once(request), in_bytes(request);
    Is whole = at_once.take(text), last = Is::more;
    for (std::size_t i = 0; i < text.size() && last != Is::odd; ++i)
        last = in_bytes.take({&text[i], 1});
    CHECK(last == whole);
    if (whole == Is::whole) {
        CHECK(in_bytes.answer().status == at_once.answer().status);
        CHECK(in_bytes.answer().body == at_once.answer().body);
        CHECK(in_bytes.answer().headers == at_once.answer().headers);
        if (answer) *answer = at_once.take_answer();
    }
    return whole;
}

std::string answer_with(const std::string& headers, const std::string& body = "") {
    return "HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body;
}

std::vector<std::string> lines_of(std::string_view head) {
    std::vector<std::string> lines;
    for (std::string_view line : split(head, '\n'))
        lines.emplace_back(line);
    std::sort(lines.begin() + 1, lines.end()); // the order of headers says nothing
    return lines;
}

} // namespace

TEST_CASE("plain answers are taken whole") {
    HttpRequest request;
    request.keep_body = true;
    request.wanted_headers = {"X-Version"};
    HttpAnswer answer;
    REQUIRE(taken(request, answer_with("content-LENGTH: 5\r\nx-version: \t1.2 \r\nx-version:\r\n", "hello"),
                  &answer) == Is::whole);
    CHECK(answer.status == 200);
    CHECK(answer.body == "hello");
    REQUIRE(answer.headers.size() == 2);
    CHECK(answer.headers[0].second == "1.2");
    CHECK(answer.header("X-Version")->empty());

    REQUIRE(taken(request,
                  answer_with("Transfer-Encoding: Chunked\r\n", "5\r\nhello\r\nA\r\n, everyone\r\n0\r\n\r\n"),
                  &answer) == Is::whole);
    CHECK(answer.body == "hello, everyone");

    CHECK(taken(request, "HTTP/1.1 503 \r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", &answer) ==
          Is::whole);
    CHECK(answer.status == 503);
    CHECK(taken(request, "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n") == Is::whole);
    CHECK(taken(request, "HTTP/1.1 204 No Content\r\n\r\n") == Is::whole);
    CHECK(taken(request, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n") == Is::whole);
    CHECK(taken(request, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n") == Is::whole);
    request.method = "HEAD";
    CHECK(taken(request, answer_with("Content-Length: 1000\r\n")) == Is::whole);
    CHECK(taken(request, answer_with("")) == Is::whole);

    request = HttpRequest();
    CHECK(taken(request, answer_with("Content-Length: 65536\r\n", std::string(65536, 'x')), &answer) ==
          Is::whole);
    CHECK(answer.body.empty()); // counted and thrown away
}

TEST_CASE("an answer without a length ends with its connection") {
    HttpRequest request;
    request.keep_body = true;
    PlainAnswer answer(request);
    CHECK(answer.end() == Is::odd);
    for (auto text : {"HTTP/1.0 200 OK\r\n\r\n", "o"})
        CHECK(answer.take(text) == Is::more);
    CHECK(answer.take("k") == Is::more);
    CHECK_FALSE(answer.keeps_connection());
    CHECK(answer.end() == Is::whole);
    CHECK(answer.answer().body == "ok");
    for (const std::string& text :
         {std::string("HTTP/1.1 200 OK\r\n"), answer_with("Content-Length: 3\r\n", "ok"),
          answer_with("Transfer-Encoding: chunked\r\n", "2\r\nok\r\n")}) {
        PlainAnswer broken(request);
        CHECK(broken.take(text) == Is::more);
        CHECK(broken.end() == Is::odd);
    }

    Server server(answering_once("HTTP/1.0 200 OK\r\n\r\nok"));
    auto probe = http_probe(server.port);
    probe.body = "^ok$";
    CHECK(try_of(probe).passed());
    CHECK(server.connections == 1);
}

TEST_CASE("an answer that is longer than it may be is cut there, however it is framed") {
    HttpRequest request;
    request.keep_body = true;
    std::string chunks = answer_with("Transfer-Encoding: chunked\r\n");
    for (int i = 0; i < 5; ++i)
        chunks += "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
    for (const std::string& text :
         {answer_with("Content-Length: 10737418240\r\n", std::string(65537, 'x')),
          answer_with("", std::string(70000, 'x')), chunks,
          answer_with("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n" + std::string(65537, 'x'))}) {
        PlainAnswer answer(request);
        CHECK(answer.take(std::string_view(text).substr(0, 65600 - 100)) == Is::more);
        REQUIRE(answer.take(std::string_view(text).substr(65600 - 100)) == Is::whole);
        CHECK(answer.answer().longer);
        CHECK(answer.answer().body == std::string(65536, 'x'));
        CHECK_FALSE(answer.keeps_connection());
    }
}

TEST_CASE("an answer says whether its connection stays open") {
    auto keeps = [](const std::string& text) {
        HttpRequest request;
        PlainAnswer answer(request);
        REQUIRE(answer.take(text) == Is::whole);
        return answer.keeps_connection();
    };
    CHECK(keeps(answer_with("Content-Length: 0\r\n")));
    CHECK(keeps(answer_with("Content-Length: 0\r\nConnection: Keep-Alive\r\n")));
    CHECK_FALSE(keeps(answer_with("Connection: CLOSE\r\nContent-Length: 0\r\n")));
    CHECK_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
    CHECK(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"));

    Server server(answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port));
    for (int i = 0; i < 3; ++i)
        CHECK(try_once(*prober, event).passed());
    CHECK(server.connections == 3); // although the server itself would have let it stay
    CHECK(server.requests == 3);
}

TEST_CASE("an answer is waited for to its end") {
    HttpRequest request;
    for (const std::string& text :
         {answer_with("Content-Length: 5\r\n", "hello"),
          answer_with("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n3;\r\n").substr(0, 58),
          answer_with("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")})
        for (std::size_t size = 0; size + 1 < text.size(); ++size) {
            INFO(text.substr(0, size));
            CHECK(PlainAnswer(request).take(std::string_view(text).substr(0, size)) == Is::more);
        }
}

TEST_CASE("what is not plain is odd, for libcurl to judge") {
    HttpRequest request;
    for (const std::string& text :
         {std::string("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
          std::string("HTTP/1.2 200 OK\r\n"),

          std::string("HTTP/2 200\r\n"),
          std::string("ICY 200 OK\r\n"),
          std::string("<html>"),
          std::string("\r\nHTTP/1.1 200 OK\r\n"),
          std::string("HTTP/1.1 20 OK\r\n"),
          std::string("HTTP/1.1 2000 OK\r\n"),
          std::string("HTTP/1.1 +20 OK\r\n"),
          std::string("HTTP/1.1  200 OK\r\n"),
          std::string("HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
          std::string("HTTP/1.1 100 Continue\r\n\r\n"),
          std::string("HTTP/1.1 101 Switching Protocols\r\n"),
          answer_with("Connection: keep-alive, upgrade\r\nContent-Length: 0\r\n"),
          answer_with("Content-Length: 1\r\nContent-Length: 1\r\n", "x"),
          answer_with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
          answer_with("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"),
          answer_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
          answer_with("Transfer-Encoding: gzip, chunked\r\n"),
          answer_with("Transfer-Encoding: identity\r\n"),
          answer_with("Content-Length: -1\r\n"),
          answer_with("Content-Length: 1x\r\n"),
          answer_with("Content-Length: 0x1\r\n"),
          answer_with("Content-Length:\r\n"),
          answer_with("Content-Length: 99999999999999999999999\r\n"),
          answer_with("Content-Length: 2\r\n", "xyz"),
          answer_with("no colon\r\n"),
          answer_with(": no name\r\n"),
          answer_with("A B: blank in the name\r\n"),
          answer_with("Content-Length : 0\r\n"),
          answer_with("X: a\r\n folded\r\nContent-Length: 0\r\n"),
          answer_with("X: a\rb\r\n"),
          answer_with(std::string("X: a\0b\r\n", 8)),
          answer_with("X: " + std::string(70000, 'x') + "\r\nContent-Length: 0\r\n"),
          answer_with("Transfer-Encoding: chunked\r\n", "zz\r\n"),
          answer_with("Transfer-Encoding: chunked\r\n", "\r\n"),
          answer_with("Transfer-Encoding: chunked\r\n", "-1\r\n"),
          answer_with("Transfer-Encoding: chunked\r\n", "1;name=value\r\nx\r\n"),
          answer_with("Transfer-Encoding: chunked\r\n", "1\r\nxy\r\n"),
          answer_with("Transfer-Encoding: chunked\r\n", "00000000000000001\r\n"),
          answer_with("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n"),
          answer_with("Transfer-Encoding: chunked\r\n", "0\r\nX-Trailer: a\r\n\r\n")}) {
        INFO(text.substr(0, 90));
        CHECK(taken(request, text) == Is::odd);
    }
    std::string flood = "HTTP/1.1 200 OK\r\n";
    while (flood.size() <= request.header_limit)
        flood += "X: " + std::string(100, 'x') + "\r\n";
    CHECK(taken(request, flood) == Is::odd);
}

TEST_CASE("a plain request is the one that libcurl would make") {
    Server server(answering(http(200, "ok")));
    auto address = "127.0.0.1:" + std::to_string(server.port);
    std::vector<HttpRequest> requests(9);
    for (HttpRequest& request : requests) {
        request.url = "http://ci.example.net:8080/health?a=b&c=%20#part";
        request.connect = SocketAddress{"127.0.0.1", server.port};
    }
    requests[1].url = "http://CI.Example.net";
    requests[2].url = "http://ci.example.net:80/a//b/.well-known/x";
    requests[3].url = "http://[::1]:8080/";
    requests[4].method = "HEAD";
    requests[5].headers = {"X-Empty: ", "Authorization: Bearer s3cret", "accept: application/json"};
    requests[6].headers = {"Host: other.example.net", "User-Agent: me"};
    requests[7].headers = {"Accept: ", "Cookie: a=b"};
    requests[8].url = "http://" + address + "/";
    for (const HttpRequest& request : requests) {
        INFO(request.url);
        auto plain = plain_request(request);
        REQUIRE(plain.has_value());
        Event event = Event::create().value();
        auto transfer = HttpTransfer::create(event, request).value();
        CHECK(ask(event, *transfer).status == 200);
        CHECK(server.last_request() == *plain);
        auto through_curl = HttpTransfer::create(event, request).value();
        through_curl->trace();
        CHECK(ask(event, *through_curl).status == 200);
        auto said = lines_of(server.last_request());
        for (std::string& line : said) // whose case a URL's host has does not matter (RFC 9110, 4.2.3)
            if (line.starts_with("Host: CI.")) line = "Host: ci.example.net\r";
        CHECK(lines_of(*plain) == said);
    }
}

TEST_CASE("other requests are left to libcurl") {
    auto is_plain = [](auto change) {
        HttpRequest request;
        request.url = "http://ci.example.net/";
        change(request);
        return plain_request(request).has_value();
    };
    CHECK(is_plain([](HttpRequest&) {}));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://user@ci.example.net/"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://:secret@ci.example.net/"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://ci.example.net/a/../b"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://ci.example.net/a/%2E%2e/b"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://ci.example.net/a?"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://127.1/"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://0x7f000001/"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://2130706433/"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.url = "http://010.0.0.1/"; }));
    CHECK(is_plain([](HttpRequest& r) { r.url = "http://10.0.0.1/"; }));
    CHECK(is_plain([](HttpRequest& r) { r.url = "http://[::1]/"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.method = "POST"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.body = "x"; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.http2 = true; }));
    CHECK_FALSE(is_plain([](HttpRequest& r) { r.certificate = true; }));
    for (auto header :
         {"connection: close", "Transfer-Encoding: chunked", "Content-Length: 0", "Expect: 100-continue"})
        CHECK_FALSE(is_plain([&](HttpRequest& r) { r.headers = {header}; }));
}

TEST_CASE("libcurl is asked at once about an odd answer, and from then on") {
    Server server(answering("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"));
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port));
    for (int i = 0; i < 5; ++i)
        CHECK(try_once(*prober, event).passed());
    CHECK(server.connections == 2); // the first one, and libcurl's
    CHECK(server.requests == 6);
}

TEST_CASE("a reset of a new connection is no reason to ask again within the try") {
    std::atomic<int> turn{0};
    Server server([&](int fd, Server& self) {
        self.read_request(fd);
        if (turn++ == 0) return Server::reset(fd);
        Server::send_text(fd, http(200, "ok"));
        Server::wait_for_end(fd);
    });
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port));
    auto result = try_once(*prober, event);
    CHECK(cause_name(result.cause) == "reset");
    CHECK(result.detail == "connection reset");
    CHECK(server.connections == 1);
    CHECK(try_once(*prober, event).passed());
}

TEST_CASE("a kept connection on which no answer comes is a time-out, and the next try makes a new one") {
    std::atomic<int> turn{0};
    Server server([&](int fd, Server& self) {
        if (turn++ > 0) return answering(http(200, "ok"))(fd, self);
        if (!self.read_request(fd) || !Server::send_text(fd, http(200, "ok")) || !self.read_request(fd))
            return;
        Server::wait_for_end(fd);
    });
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port), 300ms);
    CHECK(try_once(*prober, event).passed());
    auto result = try_once(*prober, event);
    CHECK(cause_name(result.cause) == "timeout");
    CHECK(result.detail == "no answer within 300ms");
    CHECK(result.took >= 290ms);
    for (int i = 0; i < 3; ++i)
        CHECK(try_once(*prober, event).passed());
    CHECK(server.connections == 2);
}

TEST_CASE("a connection that has idled for too long is not used again") {
    for (auto [longest, connections] : {std::pair(Duration(0), 3), std::pair(Duration(1h), 1)})
        for (bool own_socket : {false, true}) {
            INFO("on a socket of its own: " << own_socket);
            Server server(answering(http(200, "ok")));
            Event event = Event::create().value();
            HttpRequest request = request_to(server.port, own_socket);
            request.longest_idle = longest;
            auto transfer = HttpTransfer::create(event, request).value();
            for (int i = 0; i < 3; ++i)
                CHECK(ask(event, *transfer).status == 200);
            CHECK(server.connections == connections);
        }
}

TEST_CASE("what comes between two tries is not the answer to the next") {
    std::atomic<bool> is_over{false}, said{false};
    Server server([&](int fd, Server& self) {
        if (said) return answering(http(200, "ok"))(fd, self);
        if (!self.read_request(fd) || !Server::send_text(fd, http(200, "ok"))) return;
        is_over.wait(false);
        Server::send_text(fd, http(503, "an answer to nothing"));
        said = true;
        said.notify_all();
        Server::wait_for_end(fd);
    });
    Event event = Event::create().value();
    auto prober = prober_of(event, http_probe(server.port));
    CHECK(try_once(*prober, event).passed());
    is_over = true;
    is_over.notify_all();
    said.wait(false);
    CHECK(try_once(*prober, event).passed());
    CHECK(server.connections == 2);
}

TEST_CASE("an answer that breaks off is named by libcurl") {
    struct Row {
        std::string text;
        std::string_view cause, detail;
    };
    for (const Row& row : {Row{http(200, "whole").substr(0, 36), "reset", "the answer was cut off"},
                           Row{"HTTP/1.1 200 OK\r\nContent", "reset", "the answer was cut off"},
                           Row{"HTTP/1.1 2", "reset", "connection closed without an answer"},
                           Row{"HTTP/1.1", "reset", "connection closed without an answer"}}) {
        INFO(row.text);
        Server server(answering_once(row.text));
        auto result = try_of(http_probe(server.port));
        CHECK(cause_name(result.cause) == row.cause);
        CHECK(result.detail == row.detail);
    }
}

TEST_CASE("probes of one place do not keep each other from a server that serves one connection at a time") {
    std::mutex serves;
    Server server([&](int fd, Server& self) {
        std::lock_guard one(serves);
        while (self.read_request(fd))
            if (!Server::send_text(fd, http(200, "ok"))) return;
    });
    Event event = Event::create().value();
    auto first = prober_of(event, http_probe(server.port, "/a"), 1s);
    auto second = prober_of(event, http_probe(server.port, "/b"), 1s);
    for (int i = 0; i < 5; ++i) {
        CHECK(try_once(*first, event).passed());
        CHECK(try_once(*second, event).passed());
    }
}

TEST_CASE("a server that fills an answer with zeros does not keep the loop from its timers") {
    Server server([](int fd, Server& self) {
        self.read_request(fd);
        if (!Server::send_text(fd, answer_with("Transfer-Encoding: chunked\r\n"))) return;
        const std::string chunk = std::string(60000, '0') + "1\r\nx\r\n";
        while (Server::send_text(fd, chunk)) {
        }
    });
    auto result = try_of(http_probe(server.port), 1s);
    CHECK(cause_name(result.cause) == "protocol");
    CHECK(result.took < 1s);
}

TEST_CASE("each request has its own time-out, also on a kept connection") {
    for (bool own_socket : {false, true}) {
        INFO("on a socket of its own: " << own_socket);
        Server server([](int fd, Server& self) {
            if (self.read_request(fd) && Server::send_text(fd, http(200, "ok"))) Server::wait_for_end(fd);
        });
        Event event = Event::create().value();
        auto transfer = HttpTransfer::create(event, request_to(server.port, own_socket)).value();
        CHECK(ask(event, *transfer, 60s).status == 200);
        const Instant began = Clock::now();
        auto answer = ask(event, *transfer, 200ms);
        CHECK(Clock::now() - began < 30s);
        CHECK(answer.failure == HttpFailure::timeout);
        CHECK(answer.detail == "no answer within 200ms");
    }
}
