// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "io/notify.hpp"
#include "report/gate_facts.hpp"
#include "report/status.hpp"

using namespace unitgate;
using namespace std::chrono_literals;

namespace {

GateReport waiting(Cause cause, int status = 0, std::string detail = "") {
    GateReport report;
    ProbeReport probe;
    probe.name = "api";
    probe.target = "https://traefik.ci.example.net/api/version";
    probe.last.cause = cause;
    probe.last.status = status;
    probe.last.detail = std::move(detail);
    probe.tries = 12;
    probe.answered = true;
    report.probes.push_back(probe);
    report.took = 40s;
    report.left = 860s;
    return report;
}

} // namespace

TEST_CASE("the status of a gate tells the try, what it came to, where, and the time left") {
    CHECK(gate_status(waiting(Cause::status, 502)) ==
          "gate: try 12, last 502 from https://traefik.ci.example.net/api/version, 14min 20s left");
    CHECK(gate_status(waiting(Cause::refused)) ==
          "gate: try 12, last refused from https://traefik.ci.example.net/api/version, 14min 20s left");
    CHECK(gate_status(waiting(Cause::json, 200)) ==
          "gate: try 12, last json from https://traefik.ci.example.net/api/version, 14min 20s left");
    CHECK(gate_status(waiting(Cause::none, 200)) ==
          "gate: try 12, last passed from https://traefik.ci.example.net/api/version, 14min 20s left");
    CHECK(
        gate_status(waiting(Cause::timeout), "5.1.2") ==
        "rollback gate (5.1.2 failed): try 12, last timeout from https://traefik.ci.example.net/api/version, "
        "14min 20s left");
    CHECK(gate_status(waiting(Cause::status, 502), "", "deploy-site.service waits for this unit to be up") ==
          "gate: try 12, last 502, 14min 20s left; deploy-site.service waits for this unit to be up");
    GateReport fresh = waiting(Cause::none);
    fresh.probes[0].answered = false; // the first try is in flight
    CHECK(gate_status(fresh) == "gate: first try, 14min 20s left");
    CHECK(gate_status(GateReport{}) == "gate: first try, 0s left");
}

TEST_CASE("the probe that holds the gate up is shown, not the ones that pass") {
    GateReport report = waiting(Cause::none, 200);
    ProbeReport failing;
    failing.name = "socket";
    failing.target = "tcp 127.0.0.1:80";
    failing.last.cause = Cause::refused;
    failing.tries = 3;
    failing.answered = true;
    report.probes.push_back(failing);
    CHECK(gate_status(report) == "gate: try 3, last refused from tcp 127.0.0.1:80, 14min 20s left");
}

TEST_CASE("a long URL is cut, so that the time left still shows") {
    GateReport report = waiting(Cause::status, 404);
    report.probes[0].target = "https://h/" + std::string(500, 'x');
    std::string text = gate_status(report);
    CHECK(text.size() < 200);
    CHECK(text.ends_with("..., 14min 20s left"));
}

TEST_CASE("the status of a unit that is up tells the version, and the one that failed") {
    CHECK(ready_status("5.1.1", "") == "up: 5.1.1");
    CHECK(ready_status("5.1.1", "5.1.2") == "up: 5.1.1; 5.1.2 failed and is held");
    CHECK(ready_status("5.1.1", "", "wanted version unknown") == "up: 5.1.1; wanted version unknown");
    CHECK(failed_status(Reason::deploy_failed, "exited with status 1") ==
          "failed: deploy-failed: exited with status 1");
    CHECK(failed_status(Reason::interrupted, "") == "failed: interrupted");
}

TEST_CASE("each phase has a status of its own") {
    CHECK(phase_status(Phase::version, "", "") == "finding the wanted version");
    CHECK(phase_status(Phase::probe, "5.1.1", "") == "trying whether 5.1.1 is healthy already");
    CHECK(phase_status(Phase::deploy, "5.1.2", "") == "deploying 5.1.2");
    CHECK(phase_status(Phase::gate, "5.1.2", "") == "gate: trying 5.1.2");
    CHECK(phase_status(Phase::rollback, "5.1.1", "5.1.2") == "rolling back from 5.1.2 to 5.1.1");
    CHECK(phase_status(Phase::rollback_gate, "5.1.1", "5.1.2") ==
          "rollback gate: trying 5.1.1; 5.1.2 failed");
}

TEST_CASE("a failed gate is described for the journal, the alert and its detail") {
    GateReport report = waiting(Cause::status, 502, "502 Bad Gateway");
    Occurrence what;
    describe_gate(what, report);
    CHECK(what.probe == "api");
    CHECK(what.cause == "status");
    CHECK(what.target == "https://traefik.ci.example.net/api/version");
    CHECK(what.tries == 12);
    CHECK(what.elapsed == Duration(40s));
    auto probe = alert_probe(report);
    REQUIRE(probe);
    CHECK(probe->name == "api");
    CHECK(probe->cause == "status");
    CHECK(probe->status == 502);
    CHECK(probe->tries == 12);
    CHECK(probe->seconds == 40.0);
    CHECK(gate_detail(report) ==
          "probe 'api' of https://traefik.ci.example.net/api/version still failed after 40s: "
          "status 502 (502 Bad Gateway)");
    CHECK(gate_detail(waiting(Cause::none, 200)) ==
          "probe 'api' of https://traefik.ci.example.net/api/version passed, but not for long enough within "
          "40s");
    CHECK_FALSE(alert_probe(GateReport{}));
}

TEST_CASE("a gate that passed is described by its most tries and no cause") {
    GateReport report = waiting(Cause::none, 200);
    report.passed = true;
    Occurrence what;
    describe_gate(what, report);
    CHECK(what.tries == 12);
    CHECK(what.cause.empty());
    CHECK(what.probe.empty());
}

TEST_CASE("one line is cut at a character, never inside of one") {
    CHECK(one_line("short", 10) == "short");
    CHECK(one_line("a\nb", 10) == "a\\nb");
    CHECK(one_line("0123456789ab", 10) == "0123456...");
    CHECK(one_line("012345äöü", 10) == "012345...");
    CHECK(one_line("0123456789", 10) == "0123456789");
    for (std::size_t limit = 3; limit < 40; ++limit) {
        std::string cut = one_line("äöüß€𝄞äöüß€𝄞äöüß€𝄞", limit);
        CHECK(cut.size() <= limit);
        CHECK(cut.find("\\x") == std::string::npos);
        CHECK(one_line(cut, 1000) == cut); // still whole characters, else they would be escaped now
    }
}
