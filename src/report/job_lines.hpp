// SPDX-License-Identifier: MIT
// What `start`, `stop` and `reconcile` show of a followed unit, in words. Pure; app/follow prints it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "systemd/jobs.hpp"

namespace unitgate {

// How a decided row counts.
enum class JobVerdict { up, not_wanted, stopped, skipped, failed };
JobVerdict verdict_of(const JobRow& row);
std::string_view verdict_word(JobVerdict verdict); // "up", "not-wanted", "stopped", "skipped", "failed"

struct JobLine {
    enum class Tone { plain, good, warning, bad } tone = Tone::plain;
    std::string text; // without the unit's name
    std::string key;  // changes when a reader of plain lines should get a new one: not with each try
};
// `waits_for`: JobFollower::waits_for. `rolled_back`: a rollback was seen while it was followed.
JobLine job_line(const JobRow& row, const std::vector<std::string>& waits_for, bool rolled_back);

// Whether a status text tells of a rollback under way.
bool is_rollback_status(std::string_view status_text);

Json job_json(const JobRow& row);

} // namespace unitgate
