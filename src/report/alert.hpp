// SPDX-License-Identifier: MIT
// Alert files: STATE/alerts/TIMESTAMP-APP-REASON.json, see unitgate-alerts(5). Written whole and durable or
// not at all, never overwritten. Holds no secret: URLs come without user, password and query, details from
// safe text.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "deploy/steps.hpp"

namespace unitgate {

struct AlertProbe {
    std::string name, url, cause;
    int status = 0;
    std::size_t tries = 0;
    double seconds = 0;
};

struct Alert {
    std::string app;
    Reason reason = Reason::interrupted;
    std::string ts;      // as in the file's name
    std::string version; // empty: null in the file
    std::string unit, detail;
    std::optional<AlertProbe> probe;
    std::string rolled_back_to; // empty: null
    std::string invocation_id, boot_id;
};

std::string alert_text(const Alert& alert); // the JSON of the file, one line break at its end

// Gives the path. Fails with the errno of the step that failed; then nothing of it remains.
Result<std::string> write_alert(const std::string& state_folder, const Alert& alert);

// The same unless its invocation has more alerts than `known`: then gives an empty path. Alert unit and next
// run may both want to record one killed run at one moment; a lock on the folder lets one of them be first.
// `of_reason`: only those of the alert's reason count.
Result<std::string> write_alert_once(const std::string& state_folder, const Alert& alert,
                                     bool of_reason = false, std::size_t known = 0);

// How many alerts of that invocation there are, open or cleared, with that reason where one is given. An
// empty id is never found.
Result<std::size_t> count_alerts_of(const std::string& state_folder, const std::string& invocation_id,
                                    std::optional<Reason> reason = {});

} // namespace unitgate
