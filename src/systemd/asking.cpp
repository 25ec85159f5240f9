// SPDX-License-Identifier: MIT
#include "systemd/asking.hpp"

#include <string_view>
#include <unordered_map>

#include "systemd/jobs.hpp"

namespace unitgate {

namespace {

class Asking {
  public:
    explicit Asking(const std::vector<JobRow>& rows)
        : rows_(rows), has_job_(rows.size(), false), brings_(rows.size()) {
        std::unordered_map<std::string_view, std::size_t> index;
        for (std::size_t i = 0; i < rows.size(); ++i)
            index.emplace(rows[i].wish.unit, i);
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (can_be_carried(i))
                for (const auto& unit : rows[i].wish.pulls_in)
                    if (auto at = index.find(unit);
                        at != index.end() && at->second != i && can_be_carried(at->second))
                        brings_[i].push_back(at->second);
    }

    std::vector<AskedFor> all() {
        std::vector<bool> comes_along(rows_.size(), false);
        for (const auto& others : brings_)
            for (std::size_t other : others)
                comes_along[other] = true;
        for (std::size_t i = 0; i < rows_.size(); ++i)
            if (!comes_along[i]) ask(i);
        for (std::size_t i = rows_.size(); i-- > 0;) // units that require one another in a ring
            ask(i);
        return std::move(asked_);
    }

  private:
    // A unit that has a job already is asked for by name: that job is not the one that is waited for.
    bool can_be_carried(std::size_t i) const {
        const JobRow& row = rows_[i];
        return !row.is_decided() && row.wish.kind == JobKind::start && row.wish.mode == JobMode::replace &&
               row.state.job == 0;
    }

    std::vector<bool> brought_by(std::size_t i) const {
        std::vector<bool> brought(rows_.size(), false);
        std::vector<std::size_t> open{i};
        while (!open.empty()) {
            std::size_t next = open.back();
            open.pop_back();
            for (std::size_t other : brings_[next])
                if (other != i && !brought[other]) {
                    brought[other] = true;
                    open.push_back(other);
                }
        }
        return brought;
    }

    void ask(std::size_t i) {
        if (has_job_[i] || rows_[i].is_decided()) return;
        const std::vector<bool> brought = brought_by(i);
        for (std::size_t before = 0; before < i; ++before)
            if (!brought[before]) ask(before);
        if (has_job_[i]) return; // in a ring, one of those brought it
        has_job_[i] = true;
        asked_.push_back({i, nobody});
        for (std::size_t each = 0; each < rows_.size(); ++each)
            if (brought[each] && !has_job_[each]) {
                has_job_[each] = true;
                asked_.push_back({each, i});
            }
    }

    const std::vector<JobRow>& rows_;
    std::vector<bool> has_job_;
    std::vector<std::vector<std::size_t>> brings_; // by row: those that its job brings directly
    std::vector<AskedFor> asked_;
};

} // namespace

std::vector<AskedFor> who_to_ask(const std::vector<JobRow>& rows) {
    return Asking(rows).all();
}

} // namespace unitgate
