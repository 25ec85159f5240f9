// SPDX-License-Identifier: MIT
#include "report/job_table.hpp"

#include <algorithm>

#include <unistd.h>

#include "base/text.hpp"

namespace unitgate {

namespace {

using namespace std::chrono_literals;

std::string_view colour_of(JobLine::Tone tone) {
    switch (tone) {
    case JobLine::Tone::good:
        return "\x1b[32m";
    case JobLine::Tone::warning:
        return "\x1b[33m";
    case JobLine::Tone::bad:
        return "\x1b[31m";
    case JobLine::Tone::plain:
        break;
    }
    return {};
}

// How long it has been at it, or how long it took; empty where there is nothing to tell.
std::string time_of(const JobRow& row) {
    if (row.progress == Progress::running)
        return "  (" + format_duration(std::chrono::floor<std::chrono::seconds>(Clock::now() - row.began)) +
               ")";
    Duration took = std::chrono::duration_cast<Duration>(row.ended - row.began);
    if (!row.is_decided() || row.progress == Progress::left_alone || took <= 1ms) return {};
    return "  (" + format_duration(took) + ")";
}

} // namespace

JobTable::JobTable(const JobFollower& follower, bool quiet)
    : follower_(follower), quiet_(quiet), block_(STDOUT_FILENO), keys_(follower.rows().size()),
      told_(follower.rows().size()), rolled_back_(follower.rows().size()) {
    for (const JobRow& row : follower.rows())
        width_ = std::max(width_, row.wish.unit.size());
}

void JobTable::note(const std::string& unit, const UnitState& state) {
    if (!is_rollback_status(state.status_text)) return;
    for (std::size_t i = 0; i < keys_.size(); ++i)
        if (follower_.rows()[i].wish.unit == unit) rolled_back_[i] = true;
}

void JobTable::show() {
    if (quiet_) return;
    std::vector<std::string> undecided;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const JobRow& row = follower_.rows()[i];
        bool passing = row.progress == Progress::looking || row.progress == Progress::asking ||
                       row.progress == Progress::settling;
        if (told_[i] || (passing && !block_.is_terminal())) continue;
        JobLine line = line_of(i);
        if (!row.is_decided() && block_.is_terminal()) {
            undecided.push_back(text_of(i, line));
            continue;
        }
        if (line.key == keys_[i]) continue;
        keys_[i] = line.key;
        told_[i] = row.is_decided();
        block_.clear(); // its rows are of a moment ago, this one among them
        block_.last(text_of(i, line));
    }
    block_.draw(undecided);
}

void JobTable::say(std::string_view line) {
    if (!quiet_) block_.last(line);
}

void JobTable::clear() {
    block_.clear();
}

JobLine JobTable::line_of(std::size_t i) const {
    const JobRow& row = follower_.rows()[i];
    return job_line(row, follower_.waits_for(row), rolled_back_[i]);
}

std::string JobTable::text_of(std::size_t i, const JobLine& line) const {
    const JobRow& row = follower_.rows()[i];
    std::string text = escape_controls(row.wish.unit);
    text.resize(std::max(text.size(), width_), ' ');
    text += "  " + line.text + time_of(row);
    std::string_view colour = block_.has_colour() ? colour_of(line.tone) : std::string_view();
    return colour.empty() ? text : std::string(colour) + text + "\x1b[0m";
}

} // namespace unitgate
