// SPDX-License-Identifier: MIT
// TLS servers that are bad in one way each, and names that resolve badly.
#include <curl/curlver.h>

#include "bad_servers.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

const std::string ok = "HTTP/1.1 200 OK\r\n";

// The beginning of a TLS record that never ends: type 22, version, length 1200.
const std::string half_hello("\x16\x03\x03\x04\xb0\x02\x00\x04\xac\x03\x03", 11);
const std::string alert("\x15\x03\x03\x00\x02\x02\x28", 7);

// Before 8.14.1, libcurl takes the end of the connection for the end of TLS.
constexpr Cause cut_is_seen = LIBCURL_VERSION_NUM >= 0x080e01 ? Cause::reset : Cause::none;

} // namespace

TEST_CASE("bad servers: TLS handshakes") {
    ThrowawayAuthority authority = ThrowawayAuthority::create().value();
    check_rows(
        {
            {"a reset once it is accepted", Cause::reset, {{Do::reset}}},
            {"a reset after the client's hello", Cause::reset, {{Do::read_some}, {Do::reset}}},
            {"a close after the client's hello", Cause::reset, {{Do::read_some}, {Do::cut}}},
            {"nothing after the client's hello", Cause::timeout, {{Do::read_some}, {Do::hang}}, hang},
            {"half a hello, then nothing",
             Cause::timeout,
             {{Do::read_some}, {Do::send, half_hello}, {Do::hang}},
             hang},
            {"half a hello, then a close",
             Cause::reset,
             {{Do::read_some}, {Do::send, half_hello}, {Do::cut}}},
            {"half a hello, then a reset",
             Cause::reset,
             {{Do::read_some}, {Do::send, half_hello}, {Do::reset}}},
            {"half a hello, a byte at a time",
             Cause::timeout,
             {{Do::read_some}, {Do::send, half_hello}, {Do::drip, std::string(1200, 'x'), 10ms}},
             hang},
            {"an alert", Cause::tls, {{Do::read_some}, {Do::send, alert}, {Do::cut}}},
            {"plain HTTP", Cause::tls, {{Do::read_some}, {Do::send, "HTTP/1.1 400 X\r\n\r\n"}, {Do::hang}}},
            {"noise without end", Cause::tls, {{Do::read_some}, {Do::send_forever, std::string(4096, 'x')}}},
        },
        &authority);
}

TEST_CASE("bad servers: ends and hangs within TLS") {
    ThrowawayAuthority authority = ThrowawayAuthority::create().value();
    const std::string half = ok + "Content-Length: 9\r\n\r\nhalf",
                      whole = ok + "Content-Length: 4\r\n\r\nbody";
    auto then = [](ServerScript rest) {
        rest.insert(rest.begin(), {{Do::handshake}, {Do::read}});
        return rest;
    };
    check_rows(
        {
            {"a healthy one", Cause::none, then({{Do::send, whole}, {Do::again}})},
            {"a reset after the handshake", Cause::reset, {{Do::handshake}, {Do::reset}}},
            {"a close after the request", Cause::reset, then({{Do::half_close}})},
            {"a cut after the request", Cause::reset, then({{Do::cut}})},
            {"a stop after the request", Cause::timeout, then({{Do::hang}}), hang},
            {"a reset within the body", Cause::reset, then({{Do::send, half}, {Do::reset}})},
            {"a cut within the body", Cause::reset, then({{Do::send, half}, {Do::cut}})},
            {"a close within the body", Cause::reset, then({{Do::send, half}, {Do::half_close}})},
            {"a stop within the body", Cause::timeout, then({{Do::send, half}, {Do::hang}}), hang},
            {"no length, and a cut: that nothing more was to come, TLS has not told", cut_is_seen,
             then({{Do::send, ok + "\r\nbody"}, {Do::cut}})},
            {"no length, and a close", Cause::none, then({{Do::send, ok + "\r\nbody"}, {Do::half_close}})},
            {"a body without end", Cause::none,
             then({{Do::send, ok + "\r\n"}, {Do::send_forever, std::string(4096, 'x')}})},
            {"headers without end", Cause::header,
             then({{Do::send, ok}, {Do::send_forever, "X-Flood: yes\r\n"}})},
            {"no HTTP", Cause::protocol, then({{Do::send, "+OK ready\r\n"}, {Do::half_close}})},
        },
        &authority);
}

TEST_CASE("bad servers: certificates and versions of TLS") {
    ThrowawayAuthority authority = ThrowawayAuthority::create().value();
    const ServerScript healthy = {
        {Do::handshake}, {Do::read}, {Do::send, ok + "Content-Length: 0\r\n\r\n"}, {Do::again}};
    auto check = [&](const char* what, const ServerTls& tls, Cause want) {
        check_rows({{what, want, healthy}}, &authority, tls);
        check_rows({{what, want == Cause::tls && !tls.only_tls_1_0 ? Cause::none : want, healthy, 10s,
                     [](HttpProbe& probe) { probe.verify = false, probe.ca = ""; }}},
                   &authority, tls);
    };
    check("good", {}, Cause::none);
    check("expired", {CertificateFault::expired}, Cause::tls);
    check("for another name", {CertificateFault::wrong_name}, Cause::tls);
    check("self-signed", {CertificateFault::self_signed}, Cause::tls);
    check("of an unknown authority", {CertificateFault::unknown_issuer}, Cause::tls);
    ServerTls old;
    old.only_tls_1_0 = true;
    check("TLS 1.0", old, Cause::tls);
}

TEST_CASE(
    "bad servers: what came in one TLS record behind a whole answer is not the answer to the next request") {
    ThrowawayAuthority authority = ThrowawayAuthority::create().value();
    const ServerIdentity identity = authority.identity("app.invalid").value();
    // As much as is read at once ends with the answer, so that what is behind it shows at the next try alone.
    std::string answer = ok + "Content-Length: 3000\r\nX: ";
    answer += std::string(4096 - answer.size() - 3004, 'x') + "\r\n\r\n" + std::string(3000, 'y');
    REQUIRE(answer.size() == 4096);
    BadServer server = BadServer::start({{Do::handshake},
                                         {Do::read},
                                         {Do::send, answer + http(503, "an answer to nothing")},
                                         {Do::again}},
                                        &identity)
                           .value();
    HttpProbe probe;
    probe.url = "https://app.invalid/";
    probe.connect = server.address();
    probe.ca = authority.path();
    Event event = Event::create().value();
    auto prober = prober_of(event, probe);
    for (int i = 0; i < 3; ++i) {
        auto result = try_once(*prober, event);
        INFO(result.detail);
        CHECK(result.status == 200);
        CHECK(result.passed());
    }
}
