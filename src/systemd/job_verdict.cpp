// SPDX-License-Identifier: MIT
// What a job's end means for its unit; part of systemd/jobs.
#include "systemd/jobs.hpp"

#include "base/text.hpp"

namespace unitgate {

namespace {

// What a job's result other than "done" means (org.freedesktop.systemd1(5), JobRemoved).
std::string result_clause(const std::string& result) {
    if (result == "canceled") return "its job was cancelled by another one, such as a 'systemctl stop'";
    if (result == "timeout") return "its job timed out";
    if (result == "dependency") return "a unit that it requires failed";
    if (result == "assert") return "an assertion of the unit is not met";
    if (result == "collected") return "the unit was unloaded";
    if (result == "once") return "the unit may start only once in a boot";
    return "its job ended with " + in_quotes(result);
}

// Why a service failed: its own words first.
std::string failure_clause(const UnitState& state) {
    if (!state.status_text.empty()) return state.status_text;
    if (state.result == "exit-code") return "exit status " + std::to_string(state.main_status);
    if (state.result == "timeout") return "it took longer than its start time-out";
    if (!state.result.empty() && state.result != "success") return "result " + in_quotes(state.result);
    return "";
}

} // namespace

void JobFollower::judge(std::size_t i, Instant now) {
    JobRow& row = rows_[i];
    const Job& job = jobs_[i];
    row.ended = now;
    switch (row.wish.kind) {
    case JobKind::start:
        return judge_start(row, job);
    case JobKind::stop:
        if (row.state.is_down()) return decide(row, Progress::stopped);
        return decide(
            row, Progress::failed,
            (job.result.empty() || job.result == "done" ? "its job is over" : result_clause(job.result)) +
                ", but the unit is " + in_quotes(row.state.active_state));
    case JobKind::reload:
        if (!row.state.is_up())
            return decide(row, Progress::failed, "the unit is " + in_quotes(row.state.active_state) + " now");
        if ((job.result.empty() || job.result == "done") && row.state.reload_result == "success")
            return decide(row, Progress::up);
        if (job.result.empty() || job.result == "done" || job.result == "failed") {
            std::string why = row.state.status_text;
            return decide(row, Progress::failed,
                          why.empty() ? "result " + in_quotes(row.state.reload_result) : why);
        }
        return decide(row, Progress::failed, result_clause(job.result));
    }
}

void JobFollower::judge_start(JobRow& row, const Job& job) {
    const UnitState& state = row.state;
    bool done = job.result.empty() || job.result == "done";
    if (done && state.is_up()) return decide(row, Progress::up);
    if (job.result == "skipped") return decide(row, Progress::skipped, "the manager skipped its job");
    if (done && state.is_down() && !state.condition_met && state.condition_time != job.condition_before)
        return decide(row, Progress::skipped, "a condition of the unit is not met");
    if (job.result == "dependency") {
        row.by_dependency = true;
        for (const auto& unit : row.wish.requires_)
            if (auto i = index_of(unit); i < rows_.size() && rows_[i].progress != Progress::up &&
                                         rows_[i].progress != Progress::left_alone) {
                row.blocker = unit;
                return decide(row, Progress::failed, "it requires " + in_quotes(unit) + ", which is not up");
            }
        return decide(row, Progress::failed, result_clause(job.result));
    }
    bool ran = state.invocation_id != job.invocation_before;
    if ((done || job.result == "failed" || job.result == "timeout") && state.active_state == "failed" &&
        ran) {
        std::string why = failure_clause(state);
        return decide(row, Progress::failed, why.empty() ? "its start failed" : why);
    }
    std::string over = done                     ? "its job is over"
                       : job.result == "failed" ? "its start failed"
                                                : result_clause(job.result);
    decide(row, Progress::failed,
           over + (done ? ", but the unit is " : " and the unit is ") + in_quotes(state.active_state));
}

} // namespace unitgate
