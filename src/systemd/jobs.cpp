// SPDX-License-Identifier: MIT
#include "systemd/jobs.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace unitgate {

namespace {

bool is_working(const JobRow& row) {
    const std::string& state = row.state.active_state;
    return state == (row.wish.kind == JobKind::start  ? "activating"
                     : row.wish.kind == JobKind::stop ? "deactivating"
                                                      : "reloading");
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

// It may run already: then ours has joined it.
FollowActions JobFollower::adopt(std::size_t i, std::uint32_t id, Instant now) {
    jobs_[i].id = id;
    jobs_[i].unsure = false;
    if (rows_[i].progress == Progress::asking)
        rows_[i].progress = is_working(rows_[i]) ? Progress::running : Progress::queued;
    auto early = early_.find(id);
    if (early == early_.end()) return {};
    std::string result = early->second;
    return removed(id, rows_[i].wish.unit, result, now);
}

FollowActions JobFollower::taken(const std::string& unit, std::uint32_t id, Instant now) {
    auto i = index_of(unit);
    if (i == rows_.size() || rows_[i].is_decided()) return {};
    return adopt(i, id, now);
}

FollowActions JobFollower::refused(const std::string& unit, const BusError& error, Instant now) {
    auto i = index_of(unit);
    if (i == rows_.size() || rows_[i].is_decided()) return {};
    if (error.is_gone()) {
        jobs_[i].unsure = true;
        FollowActions actions = doubt_carried(i);
        actions.read.push_back(unit);
        return actions;
    }
    rows_[i].refusal = error;
    rows_[i].ended = now;
    decide(rows_[i], Progress::failed, error.text.empty() ? error.name : error.text);
    // One unit that can't start refuses the whole transaction: each of the others has to answer for itself.
    FollowActions actions;
    for (std::size_t each = 0; each < rows_.size(); ++each)
        if (is_carried_by(each, i)) {
            jobs_[each].carrier = nobody;
            actions.enqueue.push_back(rows_[each].wish.unit);
        }
    return actions;
}

FollowActions JobFollower::removed(std::uint32_t id, const std::string& unit, const std::string& result,
                                   Instant now) {
    auto i = index_of(unit);
    if (i == rows_.size() || rows_[i].is_decided() || !jobs_[i].asked) return {};
    if (jobs_[i].id != id) {
        if (jobs_[i].id == 0) early_[id] = result;
        return {};
    }
    jobs_[i].result = result;
    rows_[i].progress = Progress::settling;
    FollowActions actions = doubt_carried(i);
    const FollowActions rest = settle(i, now);
    actions.read.insert(actions.read.end(), rest.read.begin(), rest.read.end());
    return actions;
}

// The manager tells how a unit has changed before it tells that its job is over, and after that that the unit
// has none: a start that went well needs no more than that. What went wrong is read as a whole.
FollowActions JobFollower::settle(std::size_t i, Instant now) {
    JobRow& row = rows_[i];
    Job& job = jobs_[i];
    bool good = row.wish.kind == JobKind::start && job.result == "done" && job.current && row.state.is_up();
    if (good && row.state.job == job.id) return {};
    if (good && row.state.job == 0) {
        judge(i, now);
        return {};
    }
    if (job.reading) return {};
    job.reading = true;
    return {{}, {row.wish.unit}};
}

FollowActions JobFollower::seen(const std::string& unit, const UnitState& state, bool whole, Instant now) {
    auto i = index_of(unit);
    if (i == rows_.size() || rows_[i].is_decided()) return {};
    JobRow& row = rows_[i];
    Job& job = jobs_[i];
    row.state = state;
    if (whole) job.current = true;
    if (row.progress == Progress::looking) {
        if (whole) look(i, now);
        return ask_all(now);
    }
    if (!job.asked) return {};
    if (whole && job.unsure) return settle_doubt(i, now);
    if (job.id == 0 && job.carrier != nobody) {
        if (state.job != 0) return adopt(i, state.job, now);
        if (whole && jobs_[job.carrier].id != 0) return settle_doubt(i, now);
    }
    if (job.id == 0) return {};
    if (row.progress == Progress::settling) {
        if (!whole) return settle(i, now);
        judge(i, now);
    } else if (whole && state.job == 0) {
        // Its end was missed. How a reload ended can't be seen in the unit: it is asked for once more.
        if (row.wish.kind == JobKind::reload && row.state.is_up()) {
            job.id = 0;
            row.progress = Progress::asking;
            return {{row.wish.unit}, {}};
        }
        judge(i, now);
        return doubt_carried(i);
    } else {
        if (whole && state.job != job.id) job.id = state.job; // another job has taken its place
        row.progress = is_working(row) ? Progress::running : Progress::queued;
    }
    return {};
}

void JobFollower::lost() {
    for (Job& job : jobs_) {
        job.current = false;
        job.reading = false;
    }
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

bool JobFollower::is_carried_by(std::size_t i, std::size_t carrier) const {
    return jobs_[i].carrier == carrier && jobs_[i].id == 0 && !rows_[i].is_decided();
}

// Its job brought none for these, or none that was seen.
FollowActions JobFollower::doubt_carried(std::size_t carrier) {
    FollowActions actions;
    for (std::size_t i = 0; i < rows_.size(); ++i)
        if (is_carried_by(i, carrier)) {
            jobs_[i].unsure = true;
            jobs_[i].carrier = nobody;
            actions.read.push_back(rows_[i].wish.unit);
        }
    return actions;
}

// In one go, once the state before of every unit is known: the manager orders them.
FollowActions JobFollower::ask_all(Instant now) {
    if (asked_) return {};
    for (const JobRow& row : rows_)
        if (row.progress == Progress::looking) return {};
    asked_ = true;
    FollowActions actions;
    for (const AskedFor& one : who_to_ask(rows_)) {
        jobs_[one.row].asked = true;
        jobs_[one.row].carrier = one.carrier;
        rows_[one.row].began = now;
        if (one.carrier == nobody) actions.enqueue.push_back(rows_[one.row].wish.unit);
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

void JobFollower::gone(const Error& error, Instant now) {
    for (JobRow& row : rows_) {
        if (row.is_decided()) continue;
        row.ended = now;
        decide(row, Progress::failed, "how it ended is not known: " + error.message);
    }
}

} // namespace unitgate
