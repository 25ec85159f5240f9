// SPDX-License-Identifier: MIT
// Units in force against their specs, on an image's unit files and on what a manager says.
#include "catch.hpp"

#include "image.hpp"
#include "systemd/unit_findings.hpp"

using namespace unitgate;

namespace {

constexpr char generated[] = "run/systemd/generator.late/deploy-site.service";
constexpr char installed[] = "etc/systemd/system/deploy-site.service";

struct Host : test::Image {
    SourceRef file =
        std::make_shared<SourceFile>(SourceFile{"specs/site.toml", "[unit]\nafter = [\"vault.service\"]\n"});
    std::vector<Spec> specs = std::vector<Spec>(1);
    UnitContext context{"/usr/bin/unitgate", {}};
    bool expects_units = true;
    LiveUnits live;

    Host() {
        specs[0].name = "site";
        specs[0].path = "/etc/unitgate/specs/site.toml";
        specs[0].app = "site";
        specs[0].unit.name = "deploy-site.service";
        specs[0].sources = {file};
    }

    std::string text() const { return unit_text(specs[0], context); }

    Diagnostics problems() const {
        UnitFiles all = files();
        return find_unit_problems(specs, {all, context, expects_units, live.empty() ? nullptr : &live});
    }

    Diagnostic only(const std::string& code, Severity severity = Severity::warning) const {
        auto found = problems();
        REQUIRE(found.size() == 1);
        CHECK(found[0].code == code);
        CHECK(found[0].severity == severity);
        CHECK(found[0].path == "specs/site.toml");
        CHECK(found[0].units.at(0) == "deploy-site.service");
        return found[0];
    }
};

} // namespace

TEST_CASE("a unit as its spec makes it is no finding, wherever it lies") {
    Host host;
    host.write(generated, host.text());
    CHECK(host.problems().empty());
    Host copied;
    copied.write(installed, copied.text());
    CHECK(copied.problems().empty());
}

TEST_CASE("a unit that was never made is stale where the generator should have made it") {
    Host host;
    CHECK(host.only("unit-stale").remedy == "systemctl daemon-reload");
    host.expects_units = false;
    CHECK(host.problems().empty());
}

TEST_CASE("a unit is stale when the spec makes another one now, and the first line that differs is told") {
    Host host;
    host.write(generated, host.text());
    host.specs[0].unit.after = {{"vault.service", {}}};
    CHECK(host.only("unit-stale").cause == "'deploy-site.service' is not what the spec makes now: it has "
                                           "'OnFailure=unitgate-alert@%n.service' where "
                                           "the spec makes 'After=vault.service'");
    // The generator does not read the folder that --specs names.
    host.context.spec_folders = {"/srv/specs"};
    CHECK(host.problems().empty());
    Host written;
    written.write(installed, written.text());
    written.specs[0].description = "new";
    CHECK(written.only("unit-stale").remedy ==
          "unitgate generate --to " + written.at("etc/systemd/system") + ", then systemctl daemon-reload");
}

TEST_CASE("an installed unit file hides the spec, an edited copy too, and a mask takes all of it") {
    Host host;
    host.write(generated, host.text());
    host.write(installed, "[Service]\nType=notify\nTimeoutStartSec=1h\nExecStart=true\n");
    CHECK(host.only("unit-shadowed", Severity::error).cause ==
          "'" + host.at(installed) + "' hides the unit that is made from this spec: nothing of it holds");
    Host edited;
    edited.write(generated, edited.text());
    edited.write(installed, edited.text() + "Nice=5\n");
    CHECK(edited.only("unit-shadowed", Severity::error).cause.find("an edited copy") != std::string::npos);
    Host masked;
    masked.write(generated, masked.text());
    masked.link(installed, "/dev/null");
    CHECK(masked.only("unit-masked").remedy.find("systemctl unmask deploy-site.service") == 0);
}

TEST_CASE("a drop-in that gives a unit less time than its gate is found with its line") {
    Host host;
    host.write(generated, host.text());
    std::string drop_in = std::string(installed) + ".d/50-short.conf";
    host.write(drop_in, "[Service]\nTimeoutStartSec=5s\n");
    CHECK(host.only("timeout-too-short").cause == "'deploy-site.service' may take 5s to start (" +
                                                      host.at(drop_in) +
                                                      ":2: TimeoutStartSec=5s), its gate 15min: only what "
                                                      "the run asks for as it goes keeps systemd from "
                                                      "ending it");
    host.write(drop_in, "[Service]\nTimeoutSec=20min\n");
    CHECK(host.only("timeout-too-short").cause.find("20min to start") != std::string::npos);
    CHECK(host.only("timeout-too-short").cause.find("a run with a rollback 40min 30s:") != std::string::npos);
    host.write(drop_in, "[Service]\nTimeoutStartSec=2h\n");
    CHECK(host.problems().empty());
    host.write(drop_in, "[Service]\nTimeoutStartSec=infinity\n");
    CHECK(host.only("no-timeout").cause == "'deploy-site.service' may take for ever to start: " +
                                               host.at(drop_in) + ":2: TimeoutStartSec=infinity");
}

TEST_CASE("a unit file of somebody else's that ends before the gate is an error") {
    Host host;
    host.write(installed, "[Service]\nType=notify\nExecStart=true\n");
    auto found = host.problems();
    REQUIRE(found.size() == 2);
    CHECK(found[1].code == "timeout-too-short");
    CHECK(found[1].severity == Severity::error);
    CHECK(found[1].cause ==
          "'deploy-site.service' may take 1min 30s to start, its gate 15min: systemd ends it in the middle");
    host.write("etc/systemd/system.conf.d/50-long.conf", "[Manager]\nDefaultTimeoutStartSec=3h\n");
    CHECK(host.problems().size() == 1);
    host.write("etc/systemd/system.conf.d/60-short.conf", "[Manager]\nDefaultTimeoutStartSec=10s\n");
    CHECK(host.problems()[1].cause.find("may take 10s to start") != std::string::npos);
}

TEST_CASE("a oneshot without a time-out that a deploy unit waits for is found once") {
    Host host;
    host.specs[0].unit.after = {{"vault.service", {host.file.get(), 2, 10, 15}}};
    host.write(generated, host.text());
    host.write("etc/systemd/system/vault.service", "[Service]\nType=oneshot\nExecStart=true\n");
    auto one = host.only("no-timeout");
    CHECK(one.line == 2);
    CHECK(one.cause ==
          "'deploy-site.service' waits for 'vault.service', which may take for ever to start: a oneshot "
          "service has no time-out by default");
    host.write("etc/systemd/system/vault.service",
               "[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=true\n");
    CHECK(host.problems().empty());
    host.write("etc/systemd/system/vault.service", "[Service]\nExecStart=true\n");
    CHECK(host.problems().empty());
}

TEST_CASE("what the manager has loaded counts, and files newer than that are stale") {
    Host host;
    host.write(generated, host.text());
    LiveUnit& live = host.live["deploy-site.service"];
    live.fragment_path = host.at(generated);
    live.needs_reload = true;
    CHECK(host.only("unit-stale").cause ==
          "'deploy-site.service' was loaded before one of its files was changed last");
    live.needs_reload = false;
    CHECK(host.problems().empty());
    std::string drop_in = std::string(installed) + ".d/1.conf";
    host.write(drop_in, "[Service]\nNice=1\n");
    CHECK(host.only("unit-stale").cause.find("was loaded before") != std::string::npos);
    live.drop_ins = {host.at(drop_in)};
    CHECK(host.problems().empty());
    live.start_timeout = std::chrono::seconds(5);
    CHECK(host.only("timeout-too-short").cause.find("5s to start (as the manager has it)") !=
          std::string::npos);
}
