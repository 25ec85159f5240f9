// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include "report/job_lines.hpp"
#include "report/status.hpp"

using namespace unitgate;

namespace {

JobRow row(Progress progress, const std::string& status = {}, const std::string& detail = {}) {
    JobRow one;
    one.wish = {"deploy-proxy.service", JobKind::start, {}, {}};
    one.progress = progress;
    one.state.status_text = status;
    one.detail = detail;
    return one;
}

std::string text(const JobRow& row, const std::vector<std::string>& waits = {}, bool rolled_back = false) {
    return job_line(row, waits, rolled_back).text;
}

} // namespace

TEST_CASE("the status of a run that is up is read back as it was written") {
    for (const char* failed : {"", "5.1.1+v3.6.15"})
        for (const char* detail : {"", "version unknown: no such file"}) {
            auto words = read_ready_status(ready_status("5.1.0", failed, detail));
            REQUIRE(words);
            CHECK(words->version == "5.1.0");
            CHECK(words->failed_version == failed);
            CHECK(words->detail == detail);
            CHECK(words->on_wanted() == (!*failed && !*detail));
        }
    CHECK_FALSE(read_ready_status("gate: try 2, last refused from x, 3s left"));
    CHECK_FALSE(read_ready_status(""));
}

TEST_CASE("a followed unit is told in words") {
    CHECK(text(row(Progress::queued)) == "queued");
    CHECK(text(row(Progress::queued), {"a.service"}) == "waiting for 'a.service'");
    CHECK(text(row(Progress::queued), {"a.service", "b.service"}) == "waiting for 'a.service' and 1 more");
    CHECK(text(row(Progress::running, "deploying 5.1.0")) == "deploying 5.1.0");
    CHECK(text(row(Progress::running, "gate: try 12, last 502 from https://a/, 14min 20s left")) ==
          "gate: try 12, last 502 from https://a/, 14min 20s left");
    CHECK(text(row(Progress::running, "failed: deploy-failed")) == "starting"); // of the start before
    CHECK(text(row(Progress::up, "up: 5.1.0")) == "up: 5.1.0");
    CHECK(text(row(Progress::left_alone, "up: 5.1.0")) == "already up: 5.1.0");
    CHECK(text(row(Progress::up, "up: 5.1.0; 5.1.1 failed and is held"), {}, true) ==
          "rolled back to 5.1.0: 5.1.1 failed and is held");
    CHECK(text(row(Progress::up, "up: 5.1.0; 5.1.1 failed and is held")) ==
          "held back at 5.1.0: 5.1.1 failed and is held");
    CHECK(text(row(Progress::left_alone, "up: 5.1.0; watch: unhealthy, last 500 from http://a/")) ==
          "already up: 5.1.0; watch: unhealthy, last 500 from http://a/");
    CHECK(text(row(Progress::left_alone, "up: 5.1.0; watch: healthy for 3min")) == "already up: 5.1.0");
    CHECK(text(row(Progress::left_alone, "failed: unhealthy-on-last-good: x")) ==
          "already up; its last run failed: unhealthy-on-last-good: x");
    CHECK(text(row(Progress::failed, "", "exit status 69")) == "failed: exit status 69");
    CHECK(text(row(Progress::failed, "", "failed: deploy-failed")) == "failed: deploy-failed");
    CHECK(text(row(Progress::skipped, "", "a condition of the unit is not met")) ==
          "skipped: a condition of the unit is not met");
}

TEST_CASE("a unit's words cannot steer the terminal") {
    CHECK(text(row(Progress::running, "deploying \x1b[2J")) == "deploying \\x1b[2J");
}

TEST_CASE("a plain line comes with a new cause, not with each try") {
    auto key = [](const char* status) { return job_line(row(Progress::running, status), {}, false).key; };
    CHECK(key("gate: try 1, last refused from https://a/, 9s left") ==
          key("gate: try 7, last refused from https://a/, 3s left"));
    CHECK(key("gate: try 1, last refused from https://a/, 9s left") !=
          key("gate: try 2, last 502 from https://a/, 9s left"));
    CHECK(key("deploying 5.1.0") != key("deploying 5.1.1"));
}

TEST_CASE(
    "a unit that was rolled back or is held is not on its wanted version, and a skipped one is not up") {
    CHECK(verdict_of(row(Progress::up, "up: 1")) == JobVerdict::up);
    CHECK(verdict_of(row(Progress::up)) == JobVerdict::up);
    CHECK(verdict_of(row(Progress::left_alone, "up: 1; 2 failed and is held")) == JobVerdict::not_wanted);
    CHECK(verdict_of(row(Progress::up, "up: 1; version unknown: x")) == JobVerdict::not_wanted);
    JobRow reverted = row(Progress::left_alone, "up: 1; 2 failed and is held");
    reverted.is_current = true; // 1 is what is wanted again
    CHECK(verdict_of(reverted) == JobVerdict::up);
    CHECK(verdict_of(row(Progress::skipped)) == JobVerdict::skipped);
    CHECK(verdict_of(row(Progress::settling)) == JobVerdict::failed);
}
