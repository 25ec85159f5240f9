// SPDX-License-Identifier: MIT
// What `rehearse` tells at its end. Pure.
#pragma once

#include <string>
#include <vector>

#include "app/rehearse_apps.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "report/job_lines.hpp"

namespace unitgate {

struct RehearsalEnd {
    std::string unit;                 // that was to come up alone
    std::string verdict = "failed";   // verdict_word(), or "interrupted"
    std::string detail;               // why it did not; may be empty
    Duration took{0};                 // its start
    std::vector<std::string> stopped; // services, in the order in which they start
    std::vector<AppTry> meanwhile;    // their apps while they were stopped
    std::vector<JobRow> restored;     // what was put back; none where the manager was not reached
    std::size_t units = 0;            // that were to be put back
    bool all_back = false;
    std::vector<std::string> unhealthy; // sentences on apps that were healthy before and are not now

    bool is_good() const { return verdict == "up" && all_back && unhealthy.empty(); }
};

std::string rehearsal_text(const RehearsalEnd& end);
Json rehearsal_json(const RehearsalEnd& end);

} // namespace unitgate
