// SPDX-License-Identifier: MIT
// HTTP servers that are bad in one way each: the right cause, a verdict in time, and hardly any memory.
#include "bad_servers.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

const std::string ok = "HTTP/1.1 200 OK\r\n", chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
const std::string big(32 << 10, 'x');

std::string with(const std::string& headers, const std::string& body = "") {
    return ok + headers + "\r\n" + body;
}

// Reads the request, answers, and closes in the way given.
ServerScript says(const std::string& text, Do end = Do::half_close) {
    return {{Do::read}, {Do::send, text}, {end}};
}

ServerScript endless(const std::string& head, const std::string& rest) {
    return {{Do::read}, {Do::send, head}, {Do::send_forever, rest}};
}

void wants_json(HttpProbe& probe) {
    probe.json = {{"/version", "1"}};
}
void wants_body(HttpProbe& probe) {
    probe.body = "ready";
}

// gzip(1) of zeros that has no end: 2 KiB of them in each 13 bytes (RFC 1951: eight matches of 258 bytes at
// distance 1 in the fixed code).
const std::string gzip_head("\x1f\x8b\x08\0\0\0\0\0\x02\x03\x62", 11);
std::string gzip_zeros() {
    std::string some;
    for (int i = 0; i < 1000; ++i)
        some += "\x18\x05\xa3\x60\x14\x8c\x82\x51\x30\x0a\x46\xc1\x28";
    return some;
}

} // namespace

TEST_CASE("bad servers: connections that end or hang at each stage") {
    check_rows({
        {"a reset once it is accepted", Cause::reset, {{Do::reset}}},
        {"a close once it is accepted", Cause::reset, {{Do::half_close}}},
        {"a reset after the request", Cause::reset, {{Do::read}, {Do::reset}}},
        {"a close after the request", Cause::reset, {{Do::read}, {Do::half_close}}},
        {"nothing said, nothing read", Cause::timeout, {{Do::hang}}, hang},
        {"nothing said after the request", Cause::timeout, {{Do::read}, {Do::hang}}, hang},
        {"a reset within the status line", Cause::reset, says("HTTP/1.", Do::reset)},
        {"a stop within the status line", Cause::timeout, says("HTTP/1.", Do::hang), hang},
        {"a reset within the headers", Cause::reset, says(ok + "X: y\r\n", Do::reset)},
        {"a close within the headers", Cause::reset, says(ok + "X: y\r\n")},
        {"a close within a header", Cause::reset, says(ok + "X: y")},
        {"a stop within the headers", Cause::timeout, says(ok + "X: y\r\n", Do::hang), hang},
        {"a reset within the body", Cause::reset, says(with("Content-Length: 9\r\n", "half"), Do::reset)},
        {"a close within the body", Cause::reset, says(with("Content-Length: 9\r\n", "half"))},
        {"a stop within the body", Cause::timeout, says(with("Content-Length: 9\r\n", "half"), Do::hang),
         hang},
        {"a whole answer, then this side's end", Cause::none, says(with("Content-Length: 4\r\n", "half"))},
        {"a whole answer, then a stop", Cause::none, says(with("Content-Length: 4\r\n", "half"), Do::hang)},
        {"an answer before the request",
         Cause::none,
         {{Do::send, with("Content-Length: 0\r\n")}, {Do::read}, {Do::hang}}},
    });
}

TEST_CASE("bad servers: slow ones") {
    check_rows({
        {"headers, a byte at a time",
         Cause::timeout,
         {{Do::read}, {Do::drip, ok + std::string(5000, 'x'), 10ms}},
         hang},
        {"a body, a byte at a time",
         Cause::timeout,
         {{Do::read}, {Do::send, with("Content-Length: 5000\r\n")}, {Do::drip, std::string(5000, 'x'), 10ms}},
         hang},
        {"a body of no length, a byte at a time",
         Cause::timeout,
         {{Do::read}, {Do::send, with("")}, {Do::drip, std::string(5000, 'x'), 10ms}},
         hang},
        {"a byte a second",
         Cause::timeout,
         {{Do::read}, {Do::send, with("Content-Length: 9\r\n")}, {Do::drip, "123456789", 1s}},
         hang},
        {"slow, and done in time",
         Cause::none,
         {{Do::read}, {Do::drip, with("Content-Length: 2\r\n", "ok"), 1ms}, {Do::hang}}},
    });
}

TEST_CASE("bad servers: lengths and chunks") {
    check_rows({
        {"no length, closed", Cause::none, says(with("", "body"))},
        {"no length, not closed", Cause::timeout, says(with("", "body"), Do::hang), hang},
        {"no length, reset", Cause::reset, says(with("", "body"), Do::reset)},
        {"good chunks", Cause::none, says(chunked + "4\r\nbody\r\n0\r\n\r\n", Do::hang)},
        {"chunks with extensions and a trailer", Cause::none,
         says(chunked + "4;a=b\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n", Do::hang)},
        {"a chunk's size that is no number", Cause::protocol, says(chunked + "zz\r\nbody\r\n", Do::hang)},
        {"a chunk's size below zero", Cause::protocol, says(chunked + "-1\r\nbody\r\n", Do::hang)},
        {"a chunk's size past 64 bits", Cause::protocol,
         says(chunked + "fffffffffffffffff\r\nbody\r\n", Do::hang)},
        {"a chunk longer than its size", Cause::protocol, says(chunked + "2\r\nbody\r\n0\r\n\r\n", Do::hang)},
        {"a reset within a chunk", Cause::reset, says(chunked + "9\r\nbody", Do::reset)},
        {"a close within a chunk", Cause::reset, says(chunked + "9\r\nbody")},
        {"a close before the last chunk", Cause::reset, says(chunked + "4\r\nbody\r\n")},
        {"a stop within a chunk", Cause::timeout, says(chunked + "9\r\nbody", Do::hang), hang},
        {"chunks without end", Cause::none, endless(chunked, "1000\r\n" + std::string(0x1000, 'x') + "\r\n")},
        {"chunks without end, to a rule", Cause::too_large,
         endless(chunked, "1000\r\n" + std::string(0x1000, 'x') + "\r\n"), 10s, wants_json},
        {"a length below zero", Cause::header, says(with("Content-Length: -1\r\n", "body"), Do::hang)},
        {"a length that is no number", Cause::header,
         says(with("Content-Length: four\r\n", "body"), Do::hang)},
        {"a length that is larger than the answer", Cause::reset,
         says(with("Content-Length: 10737418240\r\n", "body"))},
        {"a length that is smaller than the answer", Cause::none,
         says(with("Content-Length: 2\r\n", "body"), Do::hang)},
    });
}

TEST_CASE("bad servers: bodies that are too long") {
    const std::string ten_gigabytes = with("Content-Length: 10737418240\r\n");
    check_rows({
        {"10 GB", Cause::none, endless(ten_gigabytes, big)},
        {"10 GB, to a json rule", Cause::too_large, endless(ten_gigabytes, big), 10s, wants_json},
        {"10 GB, to a body rule", Cause::too_large, endless(ten_gigabytes, big), 10s, wants_body},
        {"no end", Cause::none, endless(with(""), big)},
        {"no end, to a json rule", Cause::too_large, endless(with(""), big), 10s, wants_json},
        {"a byte more than is read, to a rule", Cause::too_large,
         says(with("Content-Length: 65537\r\n", std::string(65537, ' ')), Do::hang), 10s, wants_json},
        {"an error page without end", Cause::status, endless("HTTP/1.1 500 X\r\n\r\n", big), 10s, wants_json},
        {"packed zeros, to a rule: they stay packed", Cause::json,
         endless(with("Content-Encoding: gzip\r\nContent-Length: 60000\r\n", gzip_head), gzip_zeros()), 10s,
         wants_json},
        {"packed zeros as transfer encoding", Cause::protocol,
         endless(with("Transfer-Encoding: gzip\r\n", gzip_head), gzip_zeros()), 10s, wants_json},
        {"a body of zeros, to a rule", Cause::json,
         says(with("Content-Length: 9\r\n", std::string(9, '\0')), Do::hang), 10s, wants_json},
        {"brackets without end, to a rule", Cause::json,
         says(with("Content-Length: 60000\r\n", std::string(60000, '[')), Do::hang), 10s, wants_json},
    });
}

TEST_CASE("bad servers: headers without measure") {
    check_rows({
        {"headers without end", Cause::header, endless(ok, "X-Flood: yes\r\n")},
        {"a header without end", Cause::header, endless(ok + "X: ", big)},
        {"a header of 300 KiB", Cause::header, says(ok + "X: " + std::string(300 << 10, 'x') + "\r\n\r\n")},
        {"a status line without end", Cause::protocol, endless("HTTP/1.1 200 ", big)},
        {"60 KiB of headers", Cause::none,
         says(with("Content-Length: 0\r\nX: " + std::string(60 << 10, 'x') + "\r\n"), Do::hang)},
        {"a header without a colon", Cause::header,
         says(with("what is this\r\nContent-Length: 0\r\n"), Do::hang)},
        {"a header with a NUL", Cause::header,
         says(with(std::string("X: a\0b\r\nContent-Length: 0\r\n", 27)), Do::hang)},
    });
}

TEST_CASE("bad servers: what is no HTTP, or another one") {
    check_rows({
        {"HTTP/0.9", Cause::protocol, says("<html>hello</html>\n")},
        {"HTTP/0.9 without end", Cause::protocol, endless("<html>", big)},
        {"HTTP/1.0", Cause::none, says("HTTP/1.0 200 OK\r\n\r\nbody")},
        {"HTTP/9.9", Cause::protocol, says("HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n")},
        {"a banner of SSH", Cause::protocol, says("SSH-2.0-OpenSSH_9.2\r\n")},
        {"a banner of SMTP", Cause::protocol, says("220 mail.example.net ESMTP\r\n")},
        {"an error of Redis", Cause::protocol, says("-ERR unknown command\r\n")},
        {"TLS", Cause::protocol, says("\x15\x03\x01\x00\x02\x02\x46")},
        {"zeros", Cause::protocol, says(std::string(100, '\0'))},
        {"100, then the answer", Cause::none,
         says("HTTP/1.1 100 Continue\r\n\r\n" + with("Content-Length: 0\r\n"), Do::hang)},
        {"100, then nothing", Cause::timeout, says("HTTP/1.1 100 Continue\r\n\r\n", Do::hang), hang},
        {"100, then a close", Cause::reset, says("HTTP/1.1 100 Continue\r\n\r\n")},
        {"100 without end", Cause::header, endless("", "HTTP/1.1 100 Continue\r\n\r\n")},
        {"103, then the answer", Cause::none,
         says("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + with("Content-Length: 0\r\n"), Do::hang)},
        {"a status of two digits", Cause::protocol, says("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n")},
        {"a status of words", Cause::protocol, says("HTTP/1.1 OK 200\r\nContent-Length: 0\r\n\r\n")},
    });
}

TEST_CASE("bad servers: redirects and demands for a password lead nowhere") {
    Server elsewhere(answering(http(200, "")));
    auto moved = [](const std::string& to, int status = 301) {
        return says("HTTP/1.1 " + std::to_string(status) + " X\r\nLocation: " + to +
                        "\r\nContent-Length: 0\r\n\r\n",
                    Do::again);
    };
    check_rows({
        {"to itself", Cause::status, moved("/")},
        {"to a file", Cause::status, moved("file:///etc/hostname", 302)},
        {"to another host", Cause::status,
         moved("http://127.0.0.1:" + std::to_string(elsewhere.port) + "/", 307)},
        {"to another protocol", Cause::status,
         moved("ftp://127.0.0.1:" + std::to_string(elsewhere.port) + "/", 308)},
        {"with a body without end", Cause::status, endless("HTTP/1.1 302 X\r\nLocation: /\r\n\r\n", big)},
        {"401", Cause::status,
         says("HTTP/1.1 401 X\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n", Do::again)},
        {"407", Cause::status,
         says("HTTP/1.1 407 X\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", Do::again)},
    });
    CHECK(elsewhere.connections == 0);
}

TEST_CASE("bad servers: nothing listens, or the queue is full") {
    BadServer healthy = BadServer::start({{Do::read}, {Do::send, http(200, "")}, {Do::again}}).value();
    HttpProbe other, probe;
    other.url = probe.url = "http://app.invalid/";
    other.connect = healthy.address();
    BadServer closed = BadServer::refusing().value(), full = BadServer::full().value();
    probe.connect = closed.address();
    check_try("nothing listens", probe, 10s, Cause::refused, other);
    probe.connect = full.address();
    check_try("the queue is full", probe, hang, Cause::timeout, other);
    BadServer closed_6 = BadServer::refusing(BadServer::Place::ipv6).value();
    probe.connect = closed_6.address();
    check_try("nothing listens, over IPv6", probe, 10s, Cause::refused, other);
}

// Run by itself ("unit-memory"), so that where memory is not judged that is counted as skipped.
TEST_CASE(
    "bad servers: what a try takes is seen at its height, and not what was taken and given back before it",
    "[.][memory]") {
    if (keeps_freed || !reset_peak()) {
        std::puts(keeps_freed
                      ? "skipped: AddressSanitizer keeps what is freed: memory of tries is not judged"
                      : "skipped: /proc/self/clear_refs can't be written, as CONFIG_PROC_PAGE_MONITOR "
                        "has it: memory of tries is not judged");
        std::exit(77); // meson's code for it
    }
    const std::size_t size = 8 << 20;
    auto take_and_give_back = [&] { // past malloc's threshold: straight from the kernel
        std::vector<char> bytes(size, 'x');
        return bytes[size / 2];
    };
    take_and_give_back();
    BadServer server = BadServer::start({{Do::read}, {Do::send, http(200, "")}, {Do::again}}).value();
    HttpProbe probe;
    probe.url = "http://app.invalid/";
    probe.connect = server.address();
    CHECK(try_and_measure(probe, 10s).memory <= most_kept);
    const bool could_reset = reset_peak();
    REQUIRE(could_reset);
    const long before = status_line("VmRSS:");
    take_and_give_back();
    CHECK((status_line("VmHWM:") - before) * 1024 > static_cast<long>(size) / 2); // the kernel counts roughly
}
