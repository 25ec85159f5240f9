// SPDX-License-Identifier: MIT
// Followed jobs on standard output: on a terminal a line a unit that changes in place, else a line a change.
// app/follow says when to look; what is shown of one unit is report/job_lines' business.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/job_lines.hpp"
#include "report/live_block.hpp"

namespace unitgate {

class JobTable {
  public:
    // `follower` outlives it. `quiet` shows nothing at all.
    JobTable(const JobFollower& follower, bool quiet);

    // Each state as it comes, also those that are gone before the next show(): a rollback is remembered.
    void note(const std::string& unit, const UnitState& state);
    // Lines for what has changed since the last call, and the block of what is undecided.
    void show();
    void say(std::string_view line); // a line of its own
    void clear();                    // the block; the other lines stay

  private:
    JobLine line_of(std::size_t i) const;
    std::string text_of(std::size_t i, const JobLine& line) const;

    const JobFollower& follower_;
    bool quiet_;
    LiveBlock block_;
    std::vector<std::string> keys_; // of the line last printed for a row
    std::vector<bool> told_;        // decided, and its line printed
    std::vector<bool> rolled_back_;
    std::size_t width_ = 0;
};

} // namespace unitgate
