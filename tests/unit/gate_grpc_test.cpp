// SPDX-License-Identifier: MIT
// The gRPC probe: its two messages byte by byte, and tries against the servers of the gRPC library.
#include "catch.hpp"

#include "child_server.hpp"
#include "gate/grpc_health.hpp"
#include "gate_server.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

std::string bytes(std::initializer_list<int> all) {
    std::string out;
    for (int one : all)
        out += static_cast<char>(one);
    return out;
}

// The library's server. Its cases run by themselves ("unit-grpc"), so that without the library they are
// counted as skipped.
struct GrpcServer : ChildServer {
    explicit GrpcServer(const std::vector<std::string>& arguments) : ChildServer("grpcserver.py", arguments) {
        if (port != 0) return;
        if (ended_with() != 77) throw std::runtime_error("the gRPC server does not start");
        std::puts("skipped: needs python3-grpcio");
        std::exit(77); // meson's code for it
    }
};

std::string frame(char type, char flags, const std::string& stream, const std::string& payload) {
    return std::string{0, 0, static_cast<char>(payload.size()), type, flags} + stream + payload;
}

// SERVING to each stream of a connection, up to `most`; the next one is read, and the connection closed.
std::function<void(int, Server&)> health_server(int most) {
    return [most](int fd, Server&) {
        std::string text;
        auto has = [&](std::size_t size) {
            char buffer[4096];
            while (text.size() < size) {
                ssize_t n = recv(fd, buffer, sizeof buffer, 0);
                if (n <= 0) return false;
                text.append(buffer, static_cast<std::size_t>(n));
            }
            return true;
        };
        constexpr char data = 0, headers = 1, settings = 4, ack = 1, end_stream = 1, end_headers = 4;
        const std::string none(4, '\0');
        const std::string head("\x88\0\x0c"
                               "content-type\x10"
                               "application/grpc",
                               32); // status 200
        const std::string trailer("\0\x0b"
                                  "grpc-status\x01"
                                  "0",
                                  15);
        const std::size_t preface = 24;
        if (!has(preface)) return;
        text.erase(0, preface);
        Server::send_text(fd, frame(settings, 0, none, ""));
        for (int asked = 0; has(9);) {
            const std::size_t size =
                9 + static_cast<unsigned char>(text[1]) * 256u + static_cast<unsigned char>(text[2]);
            if (!has(size)) return;
            const std::string stream = text.substr(5, 4);
            const bool is_settings = text[3] == settings && text[4] != ack;
            const bool is_whole = (text[3] == data || text[3] == headers) && (text[4] & end_stream) != 0;
            text.erase(0, size);
            if (is_settings) Server::send_text(fd, frame(settings, ack, none, ""));
            if (!is_whole) continue;
            if (++asked > most) return;
            Server::send_text(fd, frame(headers, end_headers, stream, head) +
                                      frame(data, 0, stream, bytes({0, 0, 0, 0, 2, 8, 1})) +
                                      frame(headers, end_headers | end_stream, stream, trailer));
        }
    };
}

GrpcProbe grpc_probe(std::uint16_t port, const std::string& service = "") {
    GrpcProbe probe;
    probe.url = "http://127.0.0.1:" + std::to_string(port);
    probe.service = service;
    return probe;
}

HttpAnswer answer_of(int status, const std::string& body, const std::string& code = "0",
                     const std::string& type = "application/grpc") {
    HttpAnswer answer;
    answer.status = status;
    answer.body = body;
    if (!type.empty()) answer.headers.emplace_back("content-type", type);
    if (!code.empty()) answer.headers.emplace_back("grpc-status", code);
    return answer;
}

} // namespace

TEST_CASE("a health request is a length and one field") {
    CHECK(health_request("") == bytes({0, 0, 0, 0, 0}));
    CHECK(health_request("ab") == bytes({0, 0, 0, 0, 4, 0x0a, 2, 'a', 'b'}));
    std::string long_name(200, 'x'); // its length takes two bytes
    CHECK(health_request(long_name) == bytes({0, 0, 0, 0, 203, 0x0a, 0xc8, 0x01}) + long_name);
}

TEST_CASE("a health response is read whole or not at all") {
    auto read = [](std::initializer_list<int> all) { return read_health_response(bytes(all)); };
    CHECK(read({0, 0, 0, 0, 2, 8, 1}) == 1);
    CHECK(read({0, 0, 0, 0, 2, 8, 2}) == 2);
    CHECK(read({0, 0, 0, 0, 0}) == 0);                      // a default is not sent
    CHECK(read({0, 0, 0, 0, 3, 8, 0x81, 0x01}) == 129);     // two bytes of a number
    CHECK(read({0, 0, 0, 0, 4, 8, 1, 8, 2}) == 2);          // the last counts
    CHECK(read({0, 0, 0, 0, 6, 0x12, 2, 8, 2, 8, 1}) == 1); // a field of a later version is skipped
    CHECK(read({0, 0, 0, 0, 7, 0x15, 8, 8, 8, 8, 8, 1}) == 1);
    CHECK(read({0, 0, 0, 0, 11, 0x11, 8, 8, 8, 8, 8, 8, 8, 8, 8, 1}) == 1);
    CHECK(read({0, 0, 0, 0, 4, 0x10, 8, 8, 1}) == 1);
    CHECK_FALSE(read({}));
    CHECK_FALSE(read({0, 0, 0, 0}));
    CHECK_FALSE(read({1, 0, 0, 0, 2, 8, 1}));       // compressed
    CHECK_FALSE(read({0, 0, 0, 0, 3, 8, 1}));       // cut off
    CHECK_FALSE(read({0, 0, 0, 0, 2, 8, 1, 0}));    // more than one message
    CHECK_FALSE(read({0, 0, 0, 0, 2, 8, 0x81}));    // within a number
    CHECK_FALSE(read({0, 0, 0, 0, 3, 0x12, 9, 8})); // a field longer than the message
    CHECK_FALSE(read({0, 0, 0, 0, 1, 0x0b}));       // no wire type
}

TEST_CASE("what a gRPC answer means") {
    const std::string serving = bytes({0, 0, 0, 0, 2, 8, 1}), not_serving = bytes({0, 0, 0, 0, 2, 8, 2});
    CHECK(judge_health(answer_of(200, serving)).passed());
    CHECK(judge_health(answer_of(200, serving, "0", "application/grpc+proto")).passed());
    auto said = [](const HttpAnswer& answer) {
        auto result = judge_health(answer);
        return std::string(cause_name(result.cause)) + ": " + result.detail;
    };
    CHECK(said(answer_of(200, not_serving)) == "not-serving: the health service answers NOT_SERVING");
    CHECK(said(answer_of(200, bytes({0, 0, 0, 0, 2, 8, 9}))) ==
          "not-serving: the health service answers a status of its own");
    CHECK(said(answer_of(200, "", "14")) == "grpc: the server answers with grpc-status 14 (UNAVAILABLE)");
    CHECK(said(answer_of(200, "", "99")) == "grpc: the server answers with grpc-status 99 (no code of gRPC)");
    CHECK(said(answer_of(502, "")) == "status: got 502, want 200");
    CHECK(said(answer_of(200, serving, "0", "text/html")) == "protocol: the answer is no gRPC");
    CHECK(said(answer_of(200, serving, "0", "")) == "protocol: the answer is no gRPC");
    CHECK(said(answer_of(200, serving, "")) == "protocol: the answer has no grpc-status");
    CHECK(said(answer_of(200, serving, "x")) == "protocol: the answer has no grpc-status");
    CHECK(said(answer_of(200, "", "0")) == "protocol: the answer is no HealthCheckResponse");
}

TEST_CASE("a gRPC answer is compared rule by rule for a person, on a pass too") {
    auto rows = [](const HttpAnswer& answer) {
        std::string text;
        for (const Compared& one : compare_health(answer))
            text += one.what + " " + one.got + (one.matches ? " yes;" : " no;");
        return text;
    };
    const std::string type = "content-type application/grpc yes;";
    CHECK(rows(answer_of(200, bytes({0, 0, 0, 0, 2, 8, 1}))) ==
          "status 200 yes;" + type + "grpc-status 0 (OK) yes;health SERVING yes;");
    CHECK(rows(answer_of(200, bytes({0, 0, 0, 0, 2, 8, 2}))) ==
          "status 200 yes;" + type + "grpc-status 0 (OK) yes;health NOT_SERVING no;");
    CHECK(rows(answer_of(200, "", "5")) ==
          "status 200 yes;" + type + "grpc-status 5 (NOT_FOUND) no;health  no;");
    CHECK(rows(answer_of(502, "", "", "text/html")) ==
          "status 502 no;content-type text/html no;grpc-status  no;health  no;");
}

TEST_CASE("a gRPC server without TLS is asked for its health", "[.][grpc]") {
    GrpcServer server({});
    Event event = Event::create().value();
    auto prober = prober_of(event, grpc_probe(server.port));
    CHECK(prober->target() == "grpc http://127.0.0.1:" + std::to_string(server.port) + "/");
    for (int i = 0; i < 3; ++i) {
        auto result = try_once(*prober, event);
        INFO(result.detail);
        CHECK(result.passed());
    }
    auto said = [&](const std::string& service) {
        auto result = try_of(grpc_probe(server.port, service));
        return std::string(cause_name(result.cause)) + ": " + result.detail;
    };
    CHECK(said("up") == "pass: ");
    CHECK(said("down") == "not-serving: the health service answers NOT_SERVING");
    CHECK(said("starting") == "not-serving: the health service answers UNKNOWN");
    CHECK(said("other") == "grpc: the server does not know the service (NOT_FOUND)");
    CHECK(said("locked") == "grpc: the server answers with grpc-status 16 (UNAUTHENTICATED)");
    auto locked = grpc_probe(server.port, "locked");
    locked.header = {{"Authorization", "Bearer {credential:token}"}};
    CHECK(try_of(locked, 5s, {"1", "1"}, {{"token", "HUSH"}}).passed());
    auto hangs = try_of(grpc_probe(server.port, "hangs"), 200ms);
    CHECK(cause_name(hangs.cause) == "timeout");
    CHECK(hangs.detail == "no answer within 200ms");
}

TEST_CASE("a gRPC server with TLS is asked for its health, and its certificate is checked", "[.][grpc]") {
    { GrpcServer needed({}); } // or this ends here, before there is a folder to leave behind
    Certificates certificates;
    REQUIRE(certificates.made);
    GrpcServer server({"--tls", certificates["good"], certificates["key"]});
    auto probe = grpc_probe(server.port, "up");
    probe.url = "https://app.invalid";
    probe.connect = SocketAddress{"127.0.0.1", server.port};
    probe.ca = certificates["ca.pem"];
    probe.min_days_left = 7;
    Event event = Event::create().value();
    auto prober = prober_of(event, probe);
    for (int i = 0; i < 3; ++i) { // over a kept connection
        auto result = try_once(*prober, event);
        INFO(result.detail);
        CHECK(result.passed());
    }
    probe.url = "https://other.invalid";
    CHECK(try_of(probe).detail == "the certificate is for another name");
    probe.url = "https://app.invalid";
    probe.min_days_left = 31;
    CHECK(cause_name(try_of(probe).cause) == "certificate-expiry");
}

TEST_CASE("a gRPC server without the health service says so", "[.][grpc]") {
    GrpcServer server({"--no-health"});
    auto result = try_of(grpc_probe(server.port));
    // It answers before it has read the request, and then resets its stream, which libcurl 7.88 may see
    // first.
    if (result.cause == Cause::reset)
        CHECK(result.detail == "the server has reset the request's stream");
    else
        CHECK(result.detail == "the server has no health service (UNIMPLEMENTED)");
    CHECK((result.cause == Cause::grpc || result.cause == Cause::reset));
}

TEST_CASE("a gRPC server without TLS is asked over one connection, whoever asks") {
    Server server(health_server(1000));
    Event event = Event::create().value();
    auto one = prober_of(event, grpc_probe(server.port)), other = prober_of(event, grpc_probe(server.port));
    for (Prober* prober : {one.get(), one.get(), one.get(), other.get()}) {
        auto result = try_once(*prober, event);
        INFO(result.detail);
        CHECK(result.passed());
    }
    CHECK(server.connections <= 2); // a prober's first try makes one, to see whether the port is open
    const int before = server.connections;
    for (Prober* prober : {one.get(), other.get(), one.get(), other.get()})
        CHECK(try_once(*prober, event).passed());
    CHECK(server.connections == before);
}

TEST_CASE("a gRPC connection that is lost between two tries fails neither") {
    Server server(health_server(2));
    Event event = Event::create().value();
    auto prober = prober_of(event, grpc_probe(server.port));
    for (int i = 0; i < 5; ++i) {
        auto result = try_once(*prober, event);
        INFO(result.detail);
        CHECK(result.passed());
    }
    CHECK(server.connections == 3);
}

TEST_CASE("a server that speaks no HTTP/2 has no gRPC, and a closed port is refused as ever") {
    auto said = [](const TryResult& result) {
        return std::string(cause_name(result.cause)) + ": " + result.detail;
    };
    Server web(answering(http(200, "ok"))); // and keeps the connection
    CHECK(said(try_of(grpc_probe(web.port))) == "protocol: the server does not speak HTTP/2");
    Server closing([](int fd, Server&) {
        char bytes[4096];
        (void)!recv(fd, bytes, sizeof bytes, 0);
        shutdown(fd, SHUT_WR);
        Server::wait_for_end(fd);
    });
    CHECK(said(try_of(grpc_probe(closing.port))) == "reset: connection closed without an answer");
    Server resetting([](int fd, Server&) {
        char byte;
        (void)!recv(fd, &byte, 1, 0);
        Server::reset(fd);
    });
    CHECK(cause_name(try_of(grpc_probe(resetting.port)).cause) == "reset");
    ClosedPort closed;
    CHECK(cause_name(try_of(grpc_probe(closed.port)).cause) == "refused");
    Certificates certificates;
    REQUIRE(certificates.made);
    BadServer old({"--tls", certificates["good"], certificates["key"], "ok"});
    auto probe = grpc_probe(0);
    probe.url = "https://app.invalid";
    probe.connect = SocketAddress{"127.0.0.1", old.port};
    probe.ca = certificates["ca.pem"];
    CHECK(cause_name(try_of(probe).cause) == "protocol");
}
