// SPDX-License-Identifier: MIT
#include "gate/prove_made_up.hpp"

#include <algorithm>
#include <utility>

#include "gate/dns_probe.hpp"
#include "gate/not_probe.hpp"
#include "gate/server_case.hpp"
#include "gate/unit_probe.hpp"

namespace unitgate {

namespace {

ProofRow judged(std::string what, TryResult result, bool must_pass, bool turned, const char* how) {
    ProofRow row;
    row.server = std::move(what);
    row.result = turned ? turned_around(std::move(result), NotOf::other) : std::move(result);
    row.grade = row.result.passed() == must_pass ? Grade::held : Grade::hole;
    row.note = row.grade == Grade::held ? how : not_ours;
    return row;
}

} // namespace

std::vector<ProofRow> unit_rows(bool turned) {
    struct State {
        const char *what, *load, *active;
        bool passes, passes_turned;
    };
    std::vector<ProofRow> rows;
    for (State made_up : {State{"the unit does not exist", "not-found", "inactive", false, false},
                          State{"the unit is masked", "masked", "inactive", false, false},
                          State{"the unit is inactive", "loaded", "inactive", false, true},
                          State{"the unit is still activating", "loaded", "activating", false, true},
                          State{"the unit has failed", "loaded", "failed", false, true},
                          State{"the unit is active", "loaded", "active", true, false}}) {
        UnitState state;
        state.load_state = made_up.load;
        state.active_state = made_up.active;
        rows.push_back(judged(made_up.what, judge_unit(state),
                              turned ? made_up.passes_turned : made_up.passes, turned,
                              "a state made up; systemd was not asked"));
    }
    return rows;
}

std::vector<ProofRow> dns_rows(const DnsProbe& probe, bool turned) {
    constexpr const char* how = "an answer made up; no name server was asked";
    const auto& wanted = probe.addresses;
    std::string other = "192.0.2.1"; // for documentation alone, RFC 5737
    for (int last = 2; std::find(wanted.begin(), wanted.end(), other) != wanted.end(); ++last)
        other = "192.0.2." + std::to_string(last);
    std::vector<ProofRow> rows;
    if (!wanted.empty() || !turned)
        rows.push_back(judged("the name resolves to another address", judge_addresses(wanted, {other}),
                              turned, turned, how));
    if (wanted.empty() && !turned) {
        ProofRow& row = rows.back();
        row.grade = Grade::advice;
        row.key = "address";
        row.note = "any address will do: name those that the name is to have";
    }
    if (wanted.size() > 1)
        rows.push_back(judged("the name has lost one of its addresses",
                              judge_addresses(wanted, {wanted.begin(), wanted.end() - 1}), turned, turned,
                              how));
    rows.push_back(judged("a healthy copy: the name resolves to what is wanted",
                          judge_addresses(wanted, wanted.empty() ? std::vector{other} : wanted), !turned,
                          turned, how));
    return rows;
}

std::vector<StandIn> exec_stand_ins() {
    auto shell = [](const char* what, const char* script, bool is_healthy, bool hangs = false) {
        return StandIn{what, {"/bin/sh", "-c", script}, is_healthy, hangs};
    };
    return {shell("the command exits with 1", "exit 1", false),
            shell("the command exits with 255", "exit 255", false),
            shell("the command is killed by a signal", "kill -KILL $$", false),
            shell("the command does not end", "sleep 1000 & wait", false, true),
            {"the command is not there", {"/nonexistent/unitgate-prove"}},
            shell("a healthy copy: the command exits with 0", "exit 0", true)};
}

std::string impossible_name() {
    return std::string(64, 'x') + ".invalid"; // a label has 63 bytes at most, RFC 1035
}

} // namespace unitgate
