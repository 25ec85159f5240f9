// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <csignal>

#include "report/monitored.hpp"
#include "systemd/unit_facts.hpp"

using namespace unitgate;

namespace {

Monitored facts(std::string result, std::string code = "", std::string status = "") {
    return {"0123456789abcdef0123456789abcdef", std::move(result), std::move(code), std::move(status)};
}

} // namespace

TEST_CASE("what systemd says of a unit's end is told in words") {
    struct Case {
        Monitored facts;
        const char* text;
    };
    const Case cases[] = {
        {facts("signal", "killed", "KILL"), "killed by SIGKILL in step gate"},
        {facts("core-dump", "dumped", "SEGV"), "crashed with SIGSEGV in step gate"},
        {facts("timeout", "killed", "TERM"), "ended by systemd's own start time-out in step gate"},
        {facts("oom-kill", "killed", "KILL"), "killed for lack of memory in step gate"},
        {facts("watchdog", "killed", "ABRT"), "killed by systemd's watchdog in step gate"},
        {facts("exit-code", "exited", "1"), "exited with status 1 before it had a verdict in step gate"},
        {facts("exit-code", "exited", "203"),
         "never started: the program could not be executed (status 203) in step gate"},
        {facts("protocol", "exited", "0"), "ended without a word to systemd in step gate"},
        {facts("resources"), "never started: systemd lacked something that the unit needs in step gate"},
        {facts("something-new"), "ended with result 'something-new' in step gate"},
        {facts("signal"), "killed by a signal in step gate"},
    };
    for (const auto& one : cases) {
        CHECK(ending_text(one.facts, Phase::gate) == one.text);
        CHECK(ending_of(one.facts) == Ending::interrupted);
    }
    CHECK(ending_text(facts("signal", "killed", "KILL"), {}) == "killed by SIGKILL");
}

TEST_CASE("a run that gave its own verdict is not told again, another exit code is") {
    for (auto code : {"69", "73", "75", "78"})
        CHECK(ending_of(facts("exit-code", "exited", code)) == Ending::own_verdict);
    for (auto code : {"1", "2", "203", "127", "690", ""})
        CHECK(ending_of(facts("exit-code", "exited", code)) == Ending::interrupted);
    CHECK(ending_of(facts("timeout", "exited", "69")) == Ending::interrupted);
}

TEST_CASE("a unit that never ran has no invocation, or one that ended well earlier") {
    Monitored never = facts("success");
    never.invocation_id.clear();
    CHECK(ending_of(never) == Ending::never_ran);
    never.service_result = "exit-code";
    CHECK(ending_of(never) == Ending::never_ran);
    CHECK(ending_of(facts("success", "exited", "0")) == Ending::never_ran);
}

TEST_CASE("a unit that is up when it is asked has not failed to run") {
    Monitored up = facts("success", "exited", "0");
    up.is_up_or_starting = true;
    CHECK(ending_of(up) == Ending::none);
    up.service_result = "watchdog"; // of a reload, say: what has failed is told
    CHECK(ending_of(up) == Ending::interrupted);
}

TEST_CASE("the alert unit's environment is read, and missed where systemd did not set it") {
    auto read = monitored_from({{"MONITOR_SERVICE_RESULT", "signal"},
                                {"MONITOR_EXIT_CODE", "killed"},
                                {"MONITOR_EXIT_STATUS", "KILL"},
                                {"MONITOR_INVOCATION_ID", "abc"}});
    REQUIRE(read);
    CHECK(read->service_result == "signal");
    CHECK(read->exit_code == "killed");
    CHECK(read->exit_status == "KILL");
    CHECK(read->invocation_id == "abc");
    CHECK(monitored_from({{"MONITOR_SERVICE_RESULT", "success"}})->invocation_id.empty());
    CHECK_FALSE(monitored_from({}));
    CHECK_FALSE(monitored_from({{"MONITOR_INVOCATION_ID", "abc"}}));
}

TEST_CASE("a unit's properties say the same in the same words") {
    UnitFacts killed = unit_facts_from({{"InvocationID", std::vector<std::uint8_t>{0x01, 0xab, 0xff}},
                                        {"Result", std::string("signal")},
                                        {"ExecMainCode", std::int64_t{CLD_KILLED}},
                                        {"ExecMainStatus", std::int64_t{SIGKILL}}});
    CHECK(killed.invocation_id == "01abff");
    CHECK(killed.result == "signal");
    CHECK(killed.exit_code == "killed");
    CHECK(killed.exit_status == "KILL");
    UnitFacts failed =
        unit_facts_from({{"ExecMainCode", std::int64_t{CLD_EXITED}}, {"ExecMainStatus", std::int64_t{69}}});
    CHECK(failed.exit_code == "exited");
    CHECK(failed.exit_status == "69");
    UnitFacts never =
        unit_facts_from({{"Result", std::string("success")}, {"ExecMainCode", std::int64_t{0}}});
    CHECK(never.exit_code.empty());
    CHECK(never.exit_status.empty());
    CHECK(never.invocation_id.empty());
}
