// SPDX-License-Identifier: MIT
#include "app/closing.hpp"

#include <algorithm>

#include "app/target.hpp"
#include "base/text.hpp"
#include "report/job_lines.hpp"

namespace unitgate {

namespace {

class Closing {
  public:
    Closing(const FollowEnd& end, const BusTarget& target)
        : end_(end), target_(target), systemctl_("systemctl" + target_options(target)) {}

    std::string text() {
        std::vector<std::string> running, up;
        for (const JobRow& row : end_.rows) {
            bool unknown = end_.gone && row.progress == Progress::failed;
            if (!row.is_decided() || unknown)
                running.push_back(row.wish.unit);
            else if (row.is_up())
                up.push_back(row.wish.unit);
        }
        if (!running.empty())
            text_ += "still running: " + some_of(running) + "\nwatch: " + systemctl_ + " list-jobs; " +
                     systemctl_ + " status " + shell_word(running[0]) + "\n";
        if (!up.empty() && up.size() < end_.rows.size()) text_ += "up: " + some_of(up) + "\n";
        if (!end_.gone)
            for (const JobRow& row : end_.rows)
                if (row.is_decided()) tell(row);
        return text_;
    }

  private:
    void next(const std::string& command) {
        if (std::find(told_.begin(), told_.end(), command) != told_.end()) return;
        told_.push_back(command);
        text_ += "next: " + command + "\n";
    }
    void next_journal(const std::string& unit) {
        next(journal_command(target_) + " -b -e -u " + shell_word(unit));
    }

    void refused(const JobRow& row) {
        const std::string& unit = row.wish.unit;
        if (row.refusal.is_denied()) {
            if (told_denied_) return;
            told_denied_ = true;
            text_ +=
                "this user may not " + std::string(job_word(row.wish.kind)) + " units" + target_.text() +
                ": call it as root or with 'sudo', or ask this host's administrator for a polkit rule on "
                "'org.freedesktop.systemd1.manage-units'\n";
        } else if (row.refusal.name == "org.freedesktop.systemd1.NoSuchUnit") {
            next(systemctl_ + " daemon-reload"); // a new spec has its unit from then on
        } else if (row.refusal.name == "org.freedesktop.systemd1.UnitMasked") {
            next(systemctl_ + " unmask " + shell_word(unit));
        } else {
            next(systemctl_ + " status " + shell_word(unit));
        }
    }

    void tell(const JobRow& row) {
        const std::string& unit = row.wish.unit;
        JobVerdict verdict = verdict_of(row);
        if (!row.refusal.name.empty()) return refused(row);
        if (verdict == JobVerdict::not_wanted) return next_journal(unit);
        if (verdict == JobVerdict::skipped) return next(systemctl_ + " status " + shell_word(unit));
        if (verdict != JobVerdict::failed) return;
        if (row.by_dependency) {
            bool followed = std::any_of(end_.rows.begin(), end_.rows.end(),
                                        [&](const JobRow& other) { return other.wish.unit == row.blocker; });
            if (followed) return; // it has words of its own
            if (!row.blocker.empty()) {
                text_ += shell_word(unit) + ": " + row.detail + "\n";
                return next_journal(row.blocker);
            }
        }
        if (row.state.active_state == "failed" || row.wish.kind == JobKind::reload) return next_journal(unit);
        next(systemctl_ + " status " + shell_word(unit));
    }

    const FollowEnd& end_;
    const BusTarget& target_;
    std::string systemctl_, text_;
    std::vector<std::string> told_;
    bool told_denied_ = false;
};

} // namespace

int start_code(const FollowEnd& end) {
    int code = end.gone ? exit_failure : exit_success;
    for (const JobRow& row : end.rows) {
        JobVerdict verdict = verdict_of(row);
        if (verdict == JobVerdict::failed || verdict == JobVerdict::skipped) code = exit_failure;
        if (verdict == JobVerdict::not_wanted && code == exit_success) code = exit_not_wanted;
    }
    return code;
}

std::string closing_lines(const FollowEnd& end, const BusTarget& target) {
    return Closing(end, target).text();
}

} // namespace unitgate
