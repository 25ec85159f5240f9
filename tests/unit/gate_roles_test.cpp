// SPDX-License-Identifier: MIT
// `any`, `optional`, `not`, `fail_fast` and `give_up` through the whole gate: spec text, probers, sockets.
#include "catch.hpp"

#include <fstream>
#include <functional>
#include <utility>

#include "gate/gate.hpp"
#include "gate/not_probe.hpp"
#include "gate/unit_probe.hpp"
#include "gate_server.hpp"
#include "report/gate_facts.hpp"
#include "spec/load.hpp"
#include "temporary_folder.hpp"

using namespace unitgate;
using namespace unitgate::test;

namespace {

// The gate of a spec with this text below [gate], come to its verdict.
GateReport gate_of(const std::string& text, bool once = false,
                   std::function<void(const GateReport&)> progress = nullptr) {
    TemporaryFolder folder;
    std::ofstream(folder / "app.toml")
        << "[version]\npin = \"1\"\n[deploy]\ncommand = [\"true\"]\n[gate]\ndeadline = \"20s\"\n"
           "timeout = \"5s\"\ninterval = \"20ms\"\n"
        << text;
    LoadedSpecs loaded = load_spec({{folder.path()}, "/nonexistent", false}, "app");
    INFO(format_diagnostics(loaded.diagnostics));
    REQUIRE(loaded.specs.size() == 1);
    Event event = Event::create().value();
    GateReport verdict;
    bool over = false;
    Gate::Callbacks callbacks;
    callbacks.progress = std::move(progress);
    callbacks.done = [&](const GateReport& report) {
        verdict = report;
        over = true;
    };
    const GateSection& section = loaded.specs[0].gate;
    auto gate = Gate::create(event, section, section.deadline, {"1", "1"}, {}, callbacks).value();
    once ? gate->try_once() : gate->start();
    run_until(event, over);
    return verdict;
}

std::string probe(std::uint16_t port, const std::string& more = "") {
    return "[[gate.probe]]\nurl = \"http://127.0.0.1:" + std::to_string(port) + "/\"\n" + more + "\n";
}

} // namespace

TEST_CASE("a gate with any, optional and not passes by one probe, warns of another, and holds to the third") {
    Server app(answering(http(200, "ok")));
    Server broken(answering(http(502, "")));
    ClosedPort closed;
    const std::string any = "any = true\n";
    for (bool once : {false, true}) {
        auto good =
            gate_of(any + probe(broken.port) + probe(app.port) + probe(closed.port, "optional = true") +
                        probe(broken.port, "not = true") + probe(closed.port, "not = true"),
                    once);
        CHECK(good.passed);
        auto warnings = warnings_of(good);
        REQUIRE(warnings.size() == 1);
        CHECK(warnings[0]->name == "probe-3");
        CHECK(warnings[0]->last.cause == Cause::refused);
        CHECK(good.probes[3].target == "not http://127.0.0.1:" + std::to_string(broken.port) + "/");
    }

    auto none =
        gate_of(any + probe(broken.port) + probe(closed.port) + probe(app.port, "optional = true"), true);
    CHECK_FALSE(none.passed);
    CHECK(none.culprit()->name == "probe-1");

    auto unwanted = gate_of(any + "give_up = 3\n" + probe(app.port) + probe(app.port, "not = true"));
    CHECK_FALSE(unwanted.passed);
    CHECK(unwanted.verdict == GateRule::Verdict::gave_up);
    REQUIRE(unwanted.culprit());
    CHECK(unwanted.culprit()->name == "probe-2");
    CHECK(unwanted.culprit()->last.cause == Cause::unwanted);
    std::string detail = gate_detail(unwanted);
    CHECK(detail.find("kept failing, given up after") != std::string::npos);
    CHECK(detail.find("unwanted (it passes, and must not)") != std::string::npos);
    CHECK(unwanted.took < 10s);
}

TEST_CASE("failures within the start period do not end a gate: an app that listens after its first refused "
          "try passes") {
    ClosedPort port;
    auto open_it = [&](const GateReport& report) {
        if (report.culprit()) (void)!listen(port.fd.get(), 16);
    };
    const std::string one_failure =
        "give_up = 1\n[[gate.probe]]\ntcp = \"127.0.0.1:" + std::to_string(port.port) + "\"\n";
    auto impatient = gate_of(one_failure, false, open_it);
    CHECK(impatient.verdict == GateRule::Verdict::gave_up);
    CHECK(impatient.probes[0].tries == 1);
    auto patient = gate_of("start_period = \"10s\"\n" + one_failure, false, open_it);
    CHECK(patient.verdict == GateRule::Verdict::passed);
    CHECK(patient.probes[0].tries >= 2);
}

TEST_CASE("a probe that must fail is not fooled by a try that could not be made") {
    Server silent([](int fd, Server&) { Server::wait_for_end(fd); });
    Server cut([](int fd, Server&) { Server::reset(fd); });
    Server blunt([](int fd, Server&) {
        Server::send_text(fd, "no TLS at all");
        Server::wait_for_end(fd);
    });
    Server garbage(answering("no HTTP at all\r\n\r\n"));
    Server app(answering(http(200, "ok")));
    struct Row {
        std::string probe;
        Cause cause;
    };
    for (const Row& row : {
             Row{"url = \"http://nowhere.invalid/\"", Cause::dns},
             Row{"url = \"https://127.0.0.1:" + std::to_string(blunt.port) + "/\"", Cause::tls},
             Row{"url = \"http://127.0.0.1:" + std::to_string(cut.port) + "/\"", Cause::reset},
             Row{"url = \"http://127.0.0.1:" + std::to_string(garbage.port) + "/\"", Cause::protocol},
             Row{"unix = \"/nonexistent/app.sock\"", Cause::unreachable},
         }) {
        auto report = gate_of(probe(app.port) + "[[gate.probe]]\n" + row.probe + "\nnot = true\n", true);
        INFO(row.probe);
        CHECK_FALSE(report.passed);
        CHECK(cause_name(report.probes[1].last.cause) == cause_name(row.cause));
        CHECK(report.probes[1].last.detail.find("does not show that it is not there") != std::string::npos);
    }
    auto gone = gate_of(probe(app.port) + "[[gate.probe]]\nfile = \"/nonexistent\"\nnot = true\n", true);
    CHECK(gone.passed);
    Event event = Event::create().value();
    HttpProbe hanging = http_probe(silent.port);
    auto prober = make_not_prober(prober_of(event, hanging, 50ms), NotOf::other);
    CHECK(try_once(*prober, event).cause == Cause::timeout);
}

TEST_CASE("the app's main unit: dead is dead, on its way up is alive, unknown is not passed") {
    struct Row {
        std::string load, active;
        std::uint32_t job;
        bool was_up;
        Cause cause;
        bool hopeless;
    };
    for (const Row& row : {
             Row{"loaded", "active", 0, true, Cause::none, false},
             Row{"loaded", "reloading", 0, true, Cause::none, false},
             Row{"loaded", "inactive", 0, false, Cause::none, false}, // yet to be started
             Row{"loaded", "inactive", 0, true, Cause::inactive, true},
             Row{"loaded", "inactive", 7, true, Cause::none, false}, // a restart
             Row{"loaded", "deactivating", 0, true, Cause::none, false},
             Row{"loaded", "activating", 0, true, Cause::none, false}, // its own restart policy
             Row{"loaded", "failed", 0, false, Cause::failed, true},
             Row{"loaded", "failed", 7, true, Cause::failed, false},
             Row{"not-found", "inactive", 0, false, Cause::missing, false},
             Row{"masked", "inactive", 0, true, Cause::missing, false},
         }) {
        UnitState state;
        state.load_state = row.load;
        state.active_state = row.active;
        state.job = row.job;
        INFO(row.load << " " << row.active << " " << row.job << " " << row.was_up);
        TryResult result = judge_life(state, row.was_up);
        CHECK(cause_name(result.cause) == cause_name(row.cause));
        CHECK(result.hopeless == row.hopeless);
    }
}
