// SPDX-License-Identifier: MIT
// TLS: certificates made for the test by openssl(1), served by tests/system/badserver.py.
#include "catch.hpp"

#include <filesystem>
#include <fstream>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "child_server.hpp"
#include "gate/evidence.hpp"
#include "gate/request_probe.hpp"
#include "gate_server.hpp"
#include "report/probe_text.hpp"
#include "resolver.hpp"
#include "run_program.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

HttpProbe tls_probe(std::uint16_t port, const std::string& ca) {
    HttpProbe probe;
    probe.url = "https://app.invalid/";
    probe.connect = SocketAddress{"127.0.0.1", port};
    probe.ca = ca;
    return probe;
}

// OpenSSL's releases differ in where a name has blanks.
std::string without_blanks(std::string text) {
    std::erase(text, ' ');
    return text;
}

} // namespace

TEST_CASE("certificates are verified against the URL's name, and each fault has its reason") {
    Certificates certificates;
    REQUIRE(certificates.made); // needs openssl(1)
    auto key = certificates["key"], ca = certificates["ca.pem"];

    BadServer good({"--tls", certificates["good"], key, "echo"});
    REQUIRE(good.port != 0); // needs python3
    auto probe = tls_probe(good.port, ca);
    probe.json = {{"/sni", "app.invalid"}, {"/host", "app.invalid"}};
    auto result = try_of(probe);
    INFO(result.detail);
    CHECK(result.passed());

    auto other = tls_probe(good.port, ca);
    other.url = "https://other.invalid/";
    result = try_of(other);
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the certificate is for another name");

    result = try_of(tls_probe(good.port, "")); // the system's authorities don't know ours
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the certificate's issuer is unknown");

    BadServer expired({"--tls", certificates["expired"], key, "ok"});
    result = try_of(tls_probe(expired.port, ca));
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the certificate has expired");
    auto lax = tls_probe(expired.port, ca);
    lax.verify = false;
    CHECK(try_of(lax).passed());

    BadServer self({"--tls", certificates["self"], key, "ok"});
    result = try_of(tls_probe(self.port, ca));
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the certificate is self-signed");

    result = try_of(tls_probe(good.port, certificates["missing.pem"]));
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the CA file cannot be read or holds no certificate");
}

TEST_CASE("a peer that speaks no TLS is tls, one that goes away in the handshake is a reset") {
    Certificates certificates;
    REQUIRE(certificates.made);
    auto ca = certificates["ca.pem"];
    Server plain([](int fd, Server&) {
        Server::send_text(fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        Server::wait_for_end(fd);
    });
    auto result = try_of(tls_probe(plain.port, ca));
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the server does not speak TLS on this port");

    Server resets([](int fd, Server&) {
        char byte;
        (void)!recv(fd, &byte, 1, 0);
        Server::reset(fd);
    });
    result = try_of(tls_probe(resets.port, ca));
    INFO(result.detail);
    CHECK(cause_name(result.cause) == "reset");

    Server closes([](int fd, Server&) {
        shutdown(fd, SHUT_WR);
        Server::wait_for_end(fd);
    });
    result = try_of(tls_probe(closes.port, ca));
    INFO(result.detail);
    CHECK(cause_name(result.cause) == "reset");

    Server hangs([](int fd, Server&) { Server::wait_for_end(fd); });
    result = try_of(tls_probe(hangs.port, ca), 200ms);
    CHECK(cause_name(result.cause) == "timeout");
    CHECK(result.detail == "no TLS connection within 200ms");
}

TEST_CASE("an answer that is cut off within TLS is a reset") {
    Certificates certificates;
    REQUIRE(certificates.made);
    BadServer cut({"--tls", certificates["good"], certificates["key"], "cut"});
    CHECK(cause_name(try_of(tls_probe(cut.port, certificates["ca.pem"])).cause) == "reset");
}

TEST_CASE("a client certificate is shown where the server asks for one") {
    Certificates certificates;
    REQUIRE(certificates.made);
    auto ca = certificates["ca.pem"];
    BadServer server({"--tls", certificates["good"], certificates["key"], "--client-ca", ca, "ok"});
    auto probe = tls_probe(server.port, ca);
    auto result = try_of(probe);
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the server refused the TLS connection with an alert");
    probe.client_certificate = certificates["client"];
    probe.client_key = certificates["key"];
    CHECK(try_of(probe).passed());
    probe.client_certificate = certificates["both"]; // the key is in it, too
    probe.client_key.clear();
    CHECK(try_of(probe).passed());
    probe.client_certificate = certificates["missing"];
    result = try_of(probe);
    CHECK(cause_name(result.cause) == "tls");
    CHECK(result.detail == "the client certificate or its key cannot be used");
}

TEST_CASE("a pinned key is checked beside the certificate, and also where any certificate would do") {
    Certificates certificates;
    REQUIRE(certificates.made);
    BadServer server({"--tls", certificates["good"], certificates["key"], "ok"});
    auto probe = tls_probe(server.port, certificates["ca.pem"]);
    const std::string other = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    probe.pin = unitgate::trim(read_file(certificates["pin"]).value());
    REQUIRE(probe.pin.size() == other.size());
    CHECK(try_of(probe).passed());
    probe.pin = other + ";" + probe.pin; // the one of the next certificate, for instance
    CHECK(try_of(probe).passed());
    for (bool verify : {true, false}) {
        probe.pin = other;
        probe.verify = verify;
        auto result = try_of(probe);
        CHECK(cause_name(result.cause) == "tls");
        CHECK(result.detail == "the server's public key is not the pinned one");
    }
}

TEST_CASE("a certificate that ends soon fails, and passes once it is renewed, over kept connections") {
    Certificates certificates;
    REQUIRE(certificates.made);
    auto shown = certificates["good"];
    BadServer server({"--tls", shown, certificates["key"], "ok"});
    Event event = Event::create().value();
    auto probe = tls_probe(server.port, certificates["ca.pem"]);
    probe.min_days_left = 29;
    auto enough = prober_of(event, probe);
    CHECK(try_once(*enough, event).passed());
    CHECK(try_once(*enough, event).passed()); // the connection is kept and shows none, so it is remembered
    probe.min_days_left = 31;
    auto more = prober_of(event, probe);
    for (int i = 0; i < 2; ++i) {
        auto result = try_once(*more, event);
        CHECK(cause_name(result.cause) == "certificate-expiry");
        CHECK(result.status == 200);
        CHECK(result.detail == "the certificate is valid for 29 days, want 31");
    }
    std::filesystem::copy_file(certificates["longer"], shown,
                               std::filesystem::copy_options::overwrite_existing);
    CHECK(try_once(*more, event).passed());
    CHECK(try_once(*more, event).passed());
    probe.status = {{404, 404}}; // what is wrong with the answer says more
    CHECK(cause_name(try_of(probe).cause) == "status");
}

TEST_CASE("who looks closely sees the certificate each time, also where another probe's connection is kept") {
    Certificates certificates;
    REQUIRE(certificates.made);
    BadServer server({"--tls", certificates["good"], certificates["key"], "ok"});
    Event event = Event::create().value();
    auto probe = tls_probe(server.port, certificates["ca.pem"]);
    auto other = prober_of(event, probe);
    CHECK(try_once(*other, event).passed());
    probe.min_days_left = 7;
    auto inspected = prober_of(event, probe);
    inspected->inspect();
    for (int i = 0; i < 2; ++i) {
        auto result = try_once(*inspected, event);
        REQUIRE(result.evidence);
        CHECK(result.evidence->trace.certificate);
        CHECK(result.evidence->trace.secured > Duration(0));
        CHECK(result.evidence->compared.back().wanted == "at least 7");
        CHECK(result.evidence->compared.back().matches);
    }
}

TEST_CASE(
    "who looks closely sees whose the certificate is, until when it is valid, and what its handshake took") {
    Certificates certificates;
    REQUIRE(certificates.made);
    BadServer server({"--tls", certificates["expired"], certificates["key"], "ok"});
    auto probe = tls_probe(server.port, certificates["ca.pem"]);
    auto check = [&](const Json& shown, const char* part) {
        INFO(shown.dump());
        const Json found = shown.get("certificate");
        CHECK(without_blanks(found.get("subject").plain()) == "CN=app");
        CHECK(without_blanks(found.get("issuer").plain()) == "CN=ca");
        CHECK(found.get("not_after").plain() == "2020-01-02");
        const Json took = shown.get("parts").get(part);
        CHECK((took.is_null() ? 0 : std::stod(took.plain())) > 0);
    };
    auto look = [&](const char* part) {
        Event event = Event::create().value();
        auto prober = prober_of(event, probe);
        prober->inspect();
        ProbeShown shown{"probe-1", prober->target(), try_once(*prober, event), "", ""};
        REQUIRE(shown.result.evidence);
        const auto& certificate = shown.result.evidence->trace.certificate;
        REQUIRE(certificate);
        REQUIRE(certificate->not_after);
        CHECK(std::chrono::system_clock::to_time_t(*certificate->not_after) ==
              1577923200); // 2020-01-02 00:00
        if (shown.passed()) check(probe_json(shown), part);
        return cause_name(shown.result.cause);
    };
    CHECK(look("tls") == "tls"); // a certificate that is refused is looked at all the same
    probe.verify = false;
    CHECK(look("tls") == "pass");
    FixedName name("app.invalid", {"127.0.0.1"});
    probe.url = "https://app.invalid:" + std::to_string(server.port) + "/";
    probe.connect.reset();
    CHECK(look("tls") == "pass");

    TemporaryFolder folder;
    std::filesystem::create_directory(folder / "specs");
    std::ofstream(folder / "specs/app.toml")
        << "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n[[gate.probe]]\n"
           "url = \"https://app.invalid/\"\nverify = false\nconnect = \"127.0.0.1:"
        << server.port << "\"\n";
    Ran ran = run_shell(UNITGATE_PROGRAM " --specs " + folder / "specs" + " --state " + folder / "state" +
                        " probe app --json 2>&1");
    INFO(ran.output);
    CHECK(ran.code == 0);
    auto said = Json::parse(ran.output);
    REQUIRE(said);
    REQUIRE(said->get("probes").items().size() == 1);
    check(said->get("probes").items()[0], "tls");
}

TEST_CASE(
    "a server whose certificate is refused is sent no request, also where its certificate is looked at") {
    Certificates certificates;
    REQUIRE(certificates.made);
    const std::string record = certificates["record"];
    BadServer server({"--tls", certificates["self"], certificates["key"], "--record", record, "ok"});
    auto probe = tls_probe(server.port, certificates["ca.pem"]);
    probe.header = {{"Authorization", "Bearer {credential:token}"}};
    auto look = [&] {
        Event event = Event::create().value();
        auto prober = prober_of(event, probe, 5s, {"1", "1"}, {{"token", "HUSH"}});
        prober->inspect();
        return try_once(*prober, event);
    };
    auto result = look();
    CHECK(result.detail == "the certificate is self-signed");
    REQUIRE(result.evidence);
    CHECK(result.evidence->trace.certificate);
    CHECK_FALSE(std::filesystem::exists(record));
    probe.verify = false; // what it is sent is on record before it answers
    CHECK(look().passed());
    CHECK(read_file(record).value().find("Authorization: Bearer HUSH\r\n") != std::string::npos);
}

TEST_CASE(
    "who looks closely has the authorities read before the tries, whose times tell of the server then") {
    Certificates certificates;
    REQUIRE(certificates.made);
    BadServer server({"--tls", certificates["good"], certificates["key"], "ok"});
    Event event = Event::create().value();
    const std::string ca = certificates["copy.pem"];
    std::filesystem::copy_file(certificates["ca.pem"], ca);
    auto inspected = prober_of(event, tls_probe(server.port, ca));
    inspected->inspect();
    std::filesystem::remove(ca);
    CHECK(try_once(*inspected, event).passed());
}

TEST_CASE("each new connection makes a whole TLS handshake, in which the certificate is shown and checked") {
    Certificates certificates;
    REQUIRE(certificates.made);
    BadServer server({"--tls", certificates["good"], certificates["key"], "--sessions", "echo"});
    Event event = Event::create().value();
    auto probe = tls_probe(server.port, certificates["ca.pem"]);
    auto one = prober_of(event, probe), other = prober_of(event, probe);
    one->inspect();
    other->inspect();
    for (Prober* inspected : {one.get(), one.get(), other.get()}) {
        auto result = try_once(*inspected, event);
        REQUIRE(result.evidence);
        INFO(result.evidence->body);
        CHECK(result.evidence->body.find("\"resumed\": false") != std::string::npos);
        CHECK(result.evidence->trace.certificate);
    }
}

TEST_CASE("whole days are counted that a certificate is still valid") {
    WallTime now{std::chrono::hours(24 * 365 * 50)};
    HttpCertificate certificate;
    certificate.not_after = now + std::chrono::hours(48);
    CHECK(judge_expiry(certificate, 2, now).passed());
    CHECK(judge_expiry(certificate, 2, now + 1s).detail == "the certificate is valid for 1 day, want 2");
    CHECK(judge_expiry({}, 1, now).detail == "until when the certificate is valid is not known");
    Compared compared = compare_expiry(certificate, 2, now);
    CHECK(compared.wanted == "at least 2");
    CHECK(compared.got == "2");
    CHECK(compared.matches);
    CHECK_FALSE(compare_expiry(certificate, 3, now).matches);
    CHECK(compare_expiry({}, 3, now).got.empty());
}
