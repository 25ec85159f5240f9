// SPDX-License-Identifier: MIT
#include "systemd/jobs.hpp"

#include "base/text.hpp"

#include <algorithm>

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

bool is_working(const JobRow& row) {
    const std::string& state = row.state.active_state;
    return state == (row.wish.kind == JobKind::start  ? "activating"
                     : row.wish.kind == JobKind::stop ? "deactivating"
                                                      : "reloading");
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

JobFollower::JobFollower(std::vector<Wish> wishes) : jobs_(wishes.size()) {
    for (Wish& wish : wishes) {
        by_unit_.emplace(wish.unit, rows_.size());
        rows_.emplace_back().wish = std::move(wish);
    }
}

std::size_t JobFollower::index_of(std::string_view unit) const {
    auto at = by_unit_.find(unit);
    return at == by_unit_.end() ? rows_.size() : at->second;
}

bool JobFollower::is_finished() const {
    return std::all_of(rows_.begin(), rows_.end(), [](const JobRow& row) { return row.is_decided(); });
}

std::vector<std::string> JobFollower::waits_for(const JobRow& row) const {
    std::vector<std::string> units;
    if (row.progress != Progress::asking && row.progress != Progress::queued) return units;
    for (const auto& unit : row.wish.after)
        if (auto i = index_of(unit); i < rows_.size() && !rows_[i].is_decided()) units.push_back(unit);
    return units;
}

void JobFollower::decide(JobRow& row, Progress progress, std::string detail) {
    row.progress = progress;
    row.detail = std::move(detail);
}

FollowActions JobFollower::taken(const std::string& unit, std::uint32_t id, Instant now) {
    auto i = index_of(unit);
    if (i == rows_.size() || rows_[i].is_decided()) return {};
    jobs_[i].id = id;
    jobs_[i].unsure = false;
    // It may run already: then ours has joined it.
    if (rows_[i].progress == Progress::asking)
        rows_[i].progress = is_working(rows_[i]) ? Progress::running : Progress::queued;
    auto early = early_.find(id);
    if (early == early_.end()) return {};
    std::string result = early->second;
    return removed(id, unit, result, now);
}

FollowActions JobFollower::refused(const std::string& unit, const BusError& error, Instant now) {
    auto i = index_of(unit);
    if (i == rows_.size() || rows_[i].is_decided()) return {};
    if (error.is_gone()) {
        jobs_[i].unsure = true;
        return {{}, {unit}};
    }
    rows_[i].refusal = error;
    rows_[i].ended = now;
    decide(rows_[i], Progress::failed, error.text.empty() ? error.name : error.text);
    return {};
}

FollowActions JobFollower::removed(std::uint32_t id, const std::string& unit, const std::string& result,
                                   Instant) {
    auto i = index_of(unit);
    if (i == rows_.size() || rows_[i].is_decided() || !jobs_[i].asked) return {};
    if (jobs_[i].id != id) {
        if (jobs_[i].id == 0) early_[id] = result;
        return {};
    }
    jobs_[i].result = result;
    rows_[i].progress = Progress::settling;
    return {{}, {unit}};
}

FollowActions JobFollower::seen(const std::string& unit, const UnitState& state, bool whole, Instant now) {
    auto i = index_of(unit);
    if (i == rows_.size() || rows_[i].is_decided()) return {};
    JobRow& row = rows_[i];
    Job& job = jobs_[i];
    row.state = state;
    if (row.progress == Progress::looking) {
        if (whole) look(i, now);
        return ask_all(now);
    }
    if (!job.asked) return {};
    if (whole && job.unsure) return settle_doubt(i, now);
    if (job.id == 0) return {};
    if (whole && row.progress == Progress::settling) {
        judge(i, now);
    } else if (whole && state.job == 0) {
        // Its end was missed. How a reload ended can't be seen in the unit: it is asked for once more.
        if (row.wish.kind == JobKind::reload && row.state.is_up()) {
            job.id = 0;
            row.progress = Progress::asking;
            return {{row.wish.unit}, {}};
        }
        judge(i, now);
    } else if (row.progress != Progress::settling) {
        if (whole && state.job != job.id) job.id = state.job; // another job has taken its place
        row.progress = is_working(row) ? Progress::running : Progress::queued;
    }
    return {};
}

void JobFollower::look(std::size_t i, Instant now) {
    JobRow& row = rows_[i];
    jobs_[i].invocation_before = row.state.invocation_id;
    jobs_[i].condition_before = row.state.condition_time;
    row.progress = Progress::asking;
    row.began = row.ended = now;
    bool idle = row.state.job == 0;
    switch (row.wish.kind) {
    case JobKind::start:
        if (idle && row.state.is_up()) decide(row, Progress::left_alone);
        break;
    case JobKind::stop:
        if (idle && row.state.is_down()) decide(row, Progress::stopped, "was not running");
        break;
    case JobKind::reload:
        if (!row.state.is_up())
            decide(row, Progress::failed, "the unit is " + in_quotes(row.state.active_state));
        break;
    }
}

// In one go, once the state before of every unit is known: the manager orders them.
FollowActions JobFollower::ask_all(Instant now) {
    if (asked_) return {};
    for (const JobRow& row : rows_)
        if (row.progress == Progress::looking) return {};
    asked_ = true;
    FollowActions actions;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i].is_decided()) continue;
        jobs_[i].asked = true;
        rows_[i].began = now;
        actions.enqueue.push_back(rows_[i].wish.unit);
    }
    return actions;
}

// The answer to the call was lost. What can be seen of a job or its work settles it; else it is asked for
// again, which does nothing where it was taken after all.
FollowActions JobFollower::settle_doubt(std::size_t i, Instant now) {
    JobRow& row = rows_[i];
    Job& job = jobs_[i];
    job.unsure = false;
    if (row.state.job != 0) {
        job.id = row.state.job;
        row.progress = Progress::queued;
        return {};
    }
    bool has_run = row.state.invocation_id != job.invocation_before;
    bool done = row.wish.kind == JobKind::stop    ? row.state.is_down()
                : row.wish.kind == JobKind::start ? has_run && (row.state.is_up() || row.state.is_down())
                                                  : false;
    if (!done) return {{row.wish.unit}, {}};
    judge(i, now);
    return {};
}

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

void JobFollower::gone(const Error& error, Instant now) {
    for (JobRow& row : rows_) {
        if (row.is_decided()) continue;
        row.ended = now;
        decide(row, Progress::failed, "how it ended is not known: " + error.message);
    }
}

} // namespace unitgate
