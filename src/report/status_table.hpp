// SPDX-License-Identifier: MIT
// What `status` shows: a row for each deploy unit, as a table and as JSON, and what they come to. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/json.hpp"
#include "deploy/standing.hpp"
#include "deploy/state.hpp"
#include "report/alert_text.hpp"

namespace unitgate {

// One deploy unit. What is not known is empty; what could not be found out is told in `unknown`.
struct StatusRow {
    std::string name, app, unit;
    struct State {
        std::string load, active, sub, status_text; // as systemctl(1) names them; STATUS= of sd_notify(3)
    };
    std::optional<State> state;       // none: no service manager was asked
    std::optional<AppState> memory;   // what state.json tells
    std::optional<Standing> standing; // what is wanted
    std::vector<StoredAlert> alerts;  // open ones of its app, oldest first
    std::optional<Diagnostic> stale;  // the unit in force is not the one that the spec makes now
    std::string bad_spec;             // why the spec can't be used; empty: it can
    std::vector<std::string> unknown; // clauses
};

struct StatusReport {
    std::vector<StatusRow> rows;
    std::vector<StoredAlert> strays; // open alerts of no row's app
    bool alerts_known = true;        // else their folder can't be read
    Passes passes;
    // For the commands that a person is told to type: the manager's options (" --user"), what shows its
    // journal, and the options of verbs that only know a state folder.
    std::string options{}, journal = "journalctl", state_option{};
};

// What a row, or all of a report, comes to; the worst counts.
enum class Health {
    fine,    // active, on the wanted version, and nothing waits for a person
    waiting, // nothing is wrong, but the unit is not active, or another version is wanted
    trouble, // a person should look: failed, held, stale, a bad spec, an open alert; or something is not
             // known
};
Health health_of(const StatusRow& row);
Health health_of(const StatusReport& report);

std::string status_table(const StatusReport& report);
Json status_json(const StatusReport& report);

} // namespace unitgate
