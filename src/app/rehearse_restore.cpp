// SPDX-License-Identifier: MIT
#include "app/rehearse_restore.hpp"

#include "app/output.hpp"
#include "base/text.hpp"
#include "report/job_lines.hpp"

namespace unitgate {

Wish wish_to(JobKind kind, const std::string& unit) {
    Wish wish;
    wish.unit = unit;
    wish.kind = kind;
    return wish;
}

Status Restorer::run() {
    // From now on a run of the unit is like any other. With a full disk the lock tells it: without its holder
    // the note counts for nothing.
    note_.phase = Rehearsal::Phase::putting_back;
    if (Status saved = file_.save(note_); !saved) {
        print_error(saved.error());
        lock_ = Fd();
    }
    Status done = put_back();
    if (!done && session_->is_gone()) {
        auto again = Session::connect({}, Road::direct);
        if (!again) return fail(again.error().message, restore_remedy);
        session_ = std::move(*again);
        if (Status watched = session_->watch_signals(); !watched) return watched;
        done = put_back();
    }
    if (!done) return fail(done.error().message, restore_remedy);
    std::vector<std::string> missing;
    for (const JobRow& row : rows_)
        if (!row.is_up()) missing.push_back(row.wish.unit);
    if (!missing.empty())
        return fail("not back: " + join(missing, ", "),
                    "see why with 'systemctl status', then " + std::string(restore_remedy));
    return file_.remove();
}

// In order, where that can end well; what does not come up so, all at once and without any order.
Status Restorer::put_back() {
    rows_.clear();
    std::vector<Wish> wishes;
    if (note_.was_up) wishes.push_back(wish_to(JobKind::start, note_.unit));
    for (const auto& unit : note_.units) {
        wishes.push_back(wish_to(JobKind::start, unit));
        wishes.back().after = {note_.unit};
        // A target would pull in what it wants, whether that was up or not.
        if (!unit.ends_with(".service")) wishes.back().mode = JobMode::alone;
    }
    if (!note_.in_order)
        for (Wish& wish : wishes) {
            wish.mode = JobMode::alone;
            wish.after.clear();
        }
    if (Status started = start(std::move(wishes)); !started) return started;
    std::vector<Wish> rest;
    for (const JobRow& row : rows_)
        if (!row.is_up()) {
            rest.push_back(wish_to(JobKind::start, row.wish.unit));
            rest.back().mode = JobMode::alone;
        }
    if (!rest.empty())
        if (Status started = start(std::move(rest)); !started) return started;
    if (note_.was_up) return {};
    auto end = session_->follow({wish_to(JobKind::stop, note_.unit)}, quiet_, true);
    if (!end) return tl::unexpected(end.error());
    if (end->rows[0].progress != Progress::stopped)
        return fail("'" + note_.unit +
                    "' was not up before and could not be stopped: " + end->rows[0].detail);
    return {};
}

Status Restorer::start(std::vector<Wish> wishes) {
    auto end = session_->follow(std::move(wishes), quiet_, true);
    if (!end) return tl::unexpected(end.error());
    if (end->gone) return tl::unexpected(*end->gone);
    for (JobRow& row : end->rows) {
        bool known = false;
        for (JobRow& old : rows_)
            if (old.wish.unit == row.wish.unit) {
                old = row;
                known = true;
            }
        if (!known) rows_.push_back(row);
    }
    return {};
}

} // namespace unitgate
