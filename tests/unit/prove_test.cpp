// SPDX-License-Identifier: MIT
// Proofs of gates: that broken servers fail, and that toothless gates are caught with the key that closes the
// hole.
#include "catch.hpp"

#include <filesystem>
#include <fstream>

#include "io/bad_server.hpp"
#include "proofs.hpp"
#include "report/proof_text.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

const Words bad_certificates = {"shows an expired certificate", "shows a certificate for another name",
                                "shows a self-signed certificate",
                                "shows a certificate of an unknown authority"};
const Words bad_statuses = {"answers 404", "answers 500", "answers 502", "answers 503",
                            "answers 301, to a page that is healthy"};
const Words bad_bodies = {"answers 200 with the page of another app", "answers as another version would",
                          "answers 200 with nothing in it", "answers 200 and a body without end"};

} // namespace

TEST_CASE("a gate that compares the version holds against every broken server, each with its cause",
          "[prove]") {
    HttpProbe probe = gate_of({{200, 200}});
    probe.json = {{"/Version", "{app_version}"}};
    ProbeProof proof = proof_of(probe);
    INFO(proof_text({proof}));
    CHECK(servers(proof, Grade::held).size() == proof.rows.size());
    CHECK(proof.rows.size() == 20);
    CHECK(cause_of(proof, "refuses connections") == "refused");
    CHECK(cause_of(proof, "resets the connection once it is accepted") == "reset");
    CHECK(cause_of(proof, "accepts and says nothing") == "timeout");
    CHECK(cause_of(proof, "closes without an answer") == "reset");
    CHECK(cause_of(proof, "closes half-way through its answer") == "reset");
    for (const std::string& server : bad_certificates)
        CHECK(cause_of(proof, server) == "tls");
    for (const std::string& server : bad_statuses)
        CHECK(cause_of(proof, server) == "status");
    CHECK(row_of(proof, "shows an expired certificate").result.detail == "the certificate has expired");
    CHECK(row_of(proof, "shows a certificate for another name").result.detail ==
          "the certificate is for another name");
    CHECK(row_of(proof, "shows a self-signed certificate").result.detail == "the certificate is self-signed");
    CHECK(row_of(proof, "shows a certificate of an unknown authority").result.detail ==
          "the certificate's issuer is unknown");
    CHECK(cause_of(proof, "answers what is no HTTP") == "protocol");
    CHECK(cause_of(proof, "answers 200 with the page of another app") == "json");
    CHECK(cause_of(proof, "answers as another version would") == "json");
    CHECK(cause_of(proof, "answers 200 and a body without end") == "too-large");
    CHECK(row_of(proof, "a healthy copy: made from the spec").result.passed());
}

TEST_CASE("a gate that takes any status has holes that 'status' closes", "[prove]") {
    ProbeProof any = proof_of(gate_of({{200, 599}}));
    CHECK(servers(any, Grade::hole) == bad_statuses);
    CHECK(servers(any, Grade::hole, "status") == bad_statuses);
    ProbeProof redirects = proof_of(gate_of({{200, 399}}));
    CHECK(servers(redirects, Grade::hole, "status") == Words{"answers 301, to a page that is healthy"});
    CHECK(row_of(redirects, "answers 301, to a page that is healthy").note.find("redirects") !=
          std::string::npos);
}

TEST_CASE("each part of 'status' that a healthy app does not answer is a hole, not five fixed codes alone",
          "[prove]") {
    auto holes = [](std::vector<StatusRange> status) {
        return servers(proof_of(gate_of(std::move(status))), Grade::hole, "status");
    };
    CHECK(holes({{200, 200}, {302, 302}, {307, 307}, {401, 401}, {403, 403}, {504, 504}}) ==
          Words{"answers 302, to a page that is healthy", "answers 307, to a page that is healthy",
                "answers 401", "answers 403", "answers 504"});
    CHECK(holes({{200, 200}, {302, 308}, {400, 403}, {405, 499}, {501, 501}, {504, 599}}) ==
          Words{"answers 302, to a page that is healthy", "answers 400", "answers 405", "answers 501",
                "answers 504"});
    CHECK(holes({{304, 305}, {401, 401}}) == Words{"answers 305", "answers 401"}); // 304 is the healthy one
    CHECK(holes({{401, 401}}).empty());
}

TEST_CASE("verify = false is a hole off the loopback, and an advice on it", "[prove]") {
    HttpProbe probe = gate_of({{200, 200}});
    probe.verify = false;
    ProbeProof away = proof_of(probe);
    CHECK(servers(away, Grade::hole, "verify") == bad_certificates);
    CHECK(row_of(away, bad_certificates[0]).note.find("ca = ") != std::string::npos);
    probe.connect = parse_socket_address("127.0.0.1:443").value();
    ProbeProof here = proof_of(probe);
    CHECK(servers(here, Grade::hole).empty());
    CHECK(servers(here, Grade::advice, "verify") == bad_certificates);
    probe.connect.reset();
    CHECK(servers(proof_of(probe), Grade::hole, "verify") == bad_certificates);
}

TEST_CASE("a name that begins like an address of the loopback is not on it, a mapped address is", "[prove]") {
    HttpProbe probe = gate_of({{200, 200}});
    probe.verify = false;
    probe.connect = parse_socket_address("[::ffff:127.0.0.1]:443").value();
    CHECK(servers(proof_of(probe), Grade::advice, "verify") == bad_certificates);
    probe.connect.reset();
    auto grade_at = [&](const std::string& url) {
        probe.url = url;
        return row_of(proof_of(probe), bad_certificates[0]).grade;
    };
    CHECK(grade_at("https://127.example.net/") == Grade::hole);
    CHECK(grade_at("https://127.0.0.1/") == Grade::advice);
    CHECK(grade_at("https://[::ffff:127.0.0.1]/") == Grade::advice);
    CHECK(grade_at("https://[::1]/") == Grade::advice);
    CHECK(grade_at("https://localhost/") == Grade::advice);
}

TEST_CASE("a gate like the seed's holds, with the advice to compare the version that its app tells",
          "[prove]") {
    std::map<std::string, Answer> own{
        {"probe-1", {200, R"({"Version":"3.6.15","Codename":"ramequin"})", ""}}};
    ProbeProof proof = proof_of(gate_of({{200, 200}}), own);
    INFO(proof_text({proof}));
    CHECK(servers(proof, Grade::hole).empty());
    CHECK(servers(proof, Grade::advice) == bad_bodies);
    const ProofRow& old = row_of(proof, "answers as another version would");
    CHECK(old.key == "json");
    CHECK(old.note.find(R"(json = { "/Version" = "{app_version}" })") != std::string::npos);
    CHECK(row_of(proof, "a healthy copy: the app's own answer").grade == Grade::held);
}

TEST_CASE("a healthy copy that does not pass is a hole, and one that can't be had is not shown", "[prove]") {
    HttpProbe probe = gate_of({{200, 200}});
    probe.body = "^[0-9]{3}-ready$";
    ProbeProof unknown = proof_of(probe);
    CHECK(row_of(unknown, "a healthy copy").grade == Grade::not_shown);
    CHECK(servers(unknown, Grade::hole).empty());
    CHECK(servers(unknown, Grade::advice).empty());
    std::map<std::string, Answer> stale{{"probe-1", {200, "something else", ""}}};
    ProbeProof ill = proof_of(probe, stale);
    CHECK(row_of(ill, "a healthy copy: the app's own answer").grade == Grade::hole);
    CHECK(cause_of(ill, "a healthy copy: the app's own answer") == "body");
    std::map<std::string, Answer> good{{"probe-1", {200, "123-ready", ""}}};
    CHECK(servers(proof_of(probe, good), Grade::hole).empty());
}

TEST_CASE("what hangs is given up early only where the time-out is longer, and the row says so", "[prove]") {
    Spec spec;
    spec.gate.timeout = 20s;
    Event event = Event::create().value();
    ProbeProof proof =
        prove_probe(event, spec, probe_of(TcpProbe{{"127.0.0.1", 1}}), {{"1", "1"}, {}}).value();
    const ProofRow& full = row_of(proof, "takes no more connections, as its queue is full");
    CHECK(full.grade == Grade::held);
    CHECK(full.result.cause == Cause::timeout);
    CHECK(full.result.detail == "not connected within 1s");
    CHECK(full.note == "time-out shortened to 1s from 20s");
}

TEST_CASE("probes of sockets and units have servers of their own", "[prove]") {
    ProbeProof port = proof_of(TcpProbe{{"127.0.0.1", 1}});
    CHECK(servers(port, Grade::hole).empty());
    CHECK(servers(port, Grade::advice, "url") == Words{"accepts and says nothing"});
    CHECK(cause_of(port, "refuses connections") == "refused");
    ProbeProof socket = proof_of(UnixProbe{"/run/app.sock"});
    CHECK(servers(socket, Grade::hole).empty());
    CHECK(servers(socket, Grade::held).size() == 3);
    ProbeProof unit = proof_of(UnitProbe{"docker.service"});
    CHECK(servers(unit, Grade::held).size() == 6);
    CHECK(cause_of(unit, "the unit is masked") == "missing");
}

TEST_CASE("gRPC servers are broken in HTTP/2, with TLS and without", "[prove]") {
    GrpcProbe probe;
    probe.url = "http://grpc.invalid:50051";
    ProbeProof plain = proof_of(probe);
    INFO(proof_text({plain}));
    CHECK(servers(plain, Grade::held).size() == plain.rows.size());
    CHECK(cause_of(plain, "accepts and says nothing") == "timeout");
    CHECK(cause_of(plain, "answers 503") == "status");
    CHECK(cause_of(plain, "a healthy copy: says SERVING") == "pass");
    probe.url = "https://grpc.invalid";
    ProbeProof secure = proof_of(probe);
    INFO(proof_text({secure}));
    CHECK(servers(secure, Grade::held).size() == secure.rows.size());
    CHECK(cause_of(secure, "shows an expired certificate") == "tls");
    probe.verify = false;
    CHECK(servers(proof_of(probe), Grade::hole, "verify") == bad_certificates);
}

TEST_CASE("a swarm's engines are broken without asking the real one", "[prove]") {
    ProbeProof proof = proof_of(SwarmProbe{"stack_app", "/nonexistent/docker.sock"});
    INFO(proof_text({proof}));
    CHECK(servers(proof, Grade::held).size() == proof.rows.size());
    CHECK(cause_of(proof, "runs 0 of 1 replicas") == "replicas");
    CHECK(cause_of(proof, "has no such service") == "missing");
    CHECK(cause_of(proof, "a healthy copy: runs 1 of 1 replicas") == "pass");
}

TEST_CASE("files are missing and old in memory alone", "[prove]") {
    ProbeProof file = proof_of(FileProbe{"/nonexistent/backup", Duration(1h)});
    INFO(proof_text({file}));
    CHECK(servers(file, Grade::held).size() == 3);
    CHECK(cause_of(file, "the file is old") == "outdated");
    CHECK(proof_of(FileProbe{"/nonexistent/backup", {}}).rows.size() == 2);
}

TEST_CASE("other commands stand in for that of a probe, which is not run", "[prove]") {
    TemporaryFolder folder;
    ProbeProof proof = proof_of(ExecProbe{{"/bin/sh", "-c", "echo x >" + folder / "ran"}});
    INFO(proof_text({proof}));
    CHECK_FALSE(std::filesystem::exists(folder / "ran"));
    CHECK(servers(proof, Grade::held).size() == 6);
    CHECK(servers(proof, Grade::not_shown) == Words{"the command itself"});
    CHECK(cause_of(proof, "the command exits with 255") == "exec");
    CHECK(cause_of(proof, "the command is killed by a signal") == "exec");
    CHECK(cause_of(proof, "the command does not end") == "timeout");
    CHECK(cause_of(proof, "the command is not there") == "exec");
    CHECK(cause_of(proof, "a healthy copy: the command exits with 0") == "pass");
    CHECK(row_of(proof, "the command exits with 1").note == "another command stood in for it");
}

TEST_CASE("names get answers that are made up, and no name server is asked", "[prove]") {
    ProbeProof pinned = proof_of(DnsProbe{"app.invalid", {"192.0.2.1", "2001:db8::1"}});
    INFO(proof_text({pinned}));
    CHECK(servers(pinned, Grade::held).size() == 4);
    CHECK(pinned.rows.size() == 4);
    CHECK(cause_of(pinned, "the name does not resolve") == "dns");
    CHECK(cause_of(pinned, "the name resolves to another address") == "address");
    CHECK(cause_of(pinned, "the name has lost one of its addresses") == "address");
    CHECK(cause_of(pinned, "a healthy copy: the name resolves to what is wanted") == "pass");
    ProbeProof any = proof_of(DnsProbe{"localhost", {}});
    CHECK(servers(any, Grade::advice, "address") == Words{"the name resolves to another address"});
    CHECK(servers(any, Grade::hole).empty());
}

TEST_CASE("a pin, a certificate's last days and a header with the version are proved, too", "[prove]") {
    HttpProbe probe = gate_of({{200, 200}});
    probe.verify = false;
    probe.pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    probe.version_header = "X-Version";
    ProbeProof pinned = proof_of(probe);
    INFO(proof_text({pinned}));
    CHECK(servers(pinned, Grade::hole).empty()); // another key is not taken, whoever vouches for it
    CHECK(cause_of(pinned, bad_certificates[0]) == "tls");
    CHECK(cause_of(pinned, "answers as another version would") == "version");
    CHECK(cause_of(pinned, "a healthy copy: made from the spec") == "pass");
    HttpProbe fresh = gate_of({{200, 200}});
    fresh.min_days_left = 100;
    ProbeProof days = proof_of(fresh);
    CHECK(cause_of(days, "shows a certificate that ends too soon") == "certificate-expiry");
    CHECK(cause_of(days, "a healthy copy: made from the spec") == "pass");
}

TEST_CASE("a probe that is optional has no holes", "[prove]") {
    Spec spec;
    spec.gate.timeout = 300ms;
    Event event = Event::create().value();
    Probe probe = probe_of(gate_of({{200, 599}}));
    probe.optional = true;
    ProbeProof warns = prove_probe(event, spec, probe, {{"1", "1"}, {}}).value();
    CHECK(servers(warns, Grade::hole).empty());
    CHECK(row_of(warns, "answers 404").grade == Grade::advice);
    CHECK(row_of(warns, "answers 404").note.ends_with("; the probe is optional"));
}

TEST_CASE("with not = true a healthy copy must fail, and what tells nothing does not pass either",
          "[prove]") {
    auto turned = [](decltype(Probe::check) check, std::map<std::string, Answer> own = {}) {
        Spec spec;
        spec.gate.timeout = 300ms;
        Event event = Event::create().value();
        Probe probe = probe_of(std::move(check));
        probe.must_fail = true;
        return prove_probe(event, spec, probe, {{"1", "1"}, std::move(own)}).value();
    };
    auto all_held = [](const ProbeProof& proof) {
        INFO(proof_text({proof}));
        CHECK(servers(proof, Grade::held).size() == proof.rows.size());
        CHECK_FALSE(proof.rows.empty());
    };
    ProbeProof http = turned(gate_of({{200, 200}}));
    all_held(http);
    CHECK(cause_of(http, "a healthy copy: made from the spec") == "unwanted");
    CHECK(cause_of(http, "refuses connections") == "pass");
    CHECK(cause_of(http, "accepts and says nothing") == "timeout");
    CHECK(cause_of(http, bad_certificates[0]) == "tls");
    CHECK(cause_of(http, "answers what is no HTTP") == "protocol");
    CHECK_THROWS(row_of(http, "answers 404")); // an answer: that is what it waits for

    // What its app answers now is another answer than the probe asks for.
    ProbeProof blind = turned(gate_of({{404, 404}}), {{"probe-1", {200, "{}", ""}}});
    CHECK(servers(blind, Grade::hole) == Words{"a healthy copy: the app's own answer"});

    GrpcProbe grpc;
    grpc.url = "http://grpc.invalid:50051";
    all_held(turned(grpc));
    all_held(turned(SwarmProbe{"stack_app", "/nonexistent/docker.sock"}));
    all_held(turned(TcpProbe{{"127.0.0.1", 1}}));
    all_held(turned(UnixProbe{"/run/app.sock"}));
    ProbeProof unit = turned(UnitProbe{"docker.service"});
    all_held(unit);
    CHECK(cause_of(unit, "the unit is active") == "unwanted");
    CHECK(cause_of(unit, "the unit has failed") == "pass");
    CHECK(cause_of(unit, "the unit does not exist") == "missing"); // it may be misspelt
    ProbeProof file = turned(FileProbe{"/nonexistent/backup", Duration(1h)});
    all_held(file);
    CHECK(cause_of(file, "a healthy copy: the file is there, and new") == "unwanted");
    all_held(turned(DnsProbe{"app.invalid", {"192.0.2.1"}}));
    all_held(turned(DnsProbe{"app.invalid", {}}));
}

TEST_CASE("an HTTP probe over a Unix socket is proved over one", "[prove]") {
    HttpProbe probe;
    probe.url = "http://docker/version";
    probe.socket = "/nonexistent/docker.sock";
    probe.json = {{"/Version", "{version}"}};
    ProbeProof proof = proof_of(probe);
    INFO(proof_text({proof}));
    CHECK(servers(proof, Grade::held).size() == proof.rows.size());
}

TEST_CASE("a status that has no body, and one that is no 200, are served as they are", "[prove]") {
    ProbeProof empty = proof_of(gate_of({{204, 204}}));
    INFO(proof_text({empty}));
    CHECK(servers(empty, Grade::hole).empty());
    CHECK(row_of(empty, "a healthy copy: made from the spec").result.status == 204);
    ProbeProof login = proof_of(gate_of({{401, 401}}));
    CHECK(servers(login, Grade::hole).empty());
    CHECK(row_of(login, "a healthy copy: made from the spec").result.status == 401);
    HttpProbe versioned = gate_of({{200, 200}});
    versioned.url = "https://app.invalid/v/{version}";
    CHECK(row_of(proof_of(versioned), "answers as another version would").grade == Grade::not_shown);
}

TEST_CASE("a healthy answer is made from json rules and from plain patterns, and checked", "[prove]") {
    Expansion with{"1.2", "1.2"};
    HttpProbe probe;
    probe.json = {{"/a/b", "{version}"}, {"/a/c~1d", "x"}, {"/ready", "true"}};
    CHECK(build_healthy(probe, with)->body == R"({"a":{"b":"1.2","c/d":"x"},"ready":"true"})");
    CHECK(sample_of("(?m)^info\\{.*version=\"{version}\"", with) == "info{version=\"1.2\"");
    CHECK(sample_of("<b>{version}</b>$", with) == "<b>1.2</b>");
    CHECK(sample_of("^[0-9]+$", with) == std::nullopt);
    CHECK(sample_of("a\\d", with) == std::nullopt);
}

TEST_CASE("a proof leaves no process behind", "[prove]") {
    auto children = [] { // proc(5); zombies are listed, too
        std::string text;
        std::getline(std::ifstream("/proc/thread-self/children"), text);
        return text;
    };
    std::string before = children();
    BadServer server = BadServer::start({}).value();
    CHECK(children() != before);
    std::string with_server = children();
    proof_of(gate_of({{200, 200}}));
    CHECK(children() == with_server);
}
