// SPDX-License-Identifier: MIT
// Where a run tells what happens: the manager (sd_notify), the journal, alert files, a terminal. Everything
// that passes here is redacted. One object per process, made by a verb.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "io/journal.hpp"
#include "io/notify.hpp"
#include "report/alert.hpp"
#include "report/events.hpp"
#include "report/redact.hpp"
#include "report/terminal.hpp"

namespace unitgate {

struct ReportTo {
    Notify notify;
    // An entry for the journal; empty: there is none.
    std::function<Status(const JournalFields&)> journal;
    std::string unit; // that this process was executed for; empty: none
    std::optional<Terminal> terminal;
};
// As this process finds it: journal when journald listens; a terminal when stdout is one (text goes there),
// or, as plain lines on stderr, when there is no journal or a person, a script or cron(8) called the program:
// whoever did looks at what it prints.
Result<ReportTo> report_here();

struct AlertFor {
    bool once = false;         // nothing is written or reported when an alert of its invocation exists
    bool of_reason = false;    // with `once`: only one of the same reason counts
    std::size_t known = 0;     // with `once`: so many of its invocation are about something else
    std::string object_unit{}; // as Occurrence::object_unit
};

class Report {
  public:
    Report(ReportTo to, std::string name, std::string app);
    Report(Report&&) = default;
    ~Report(); // takes the status line off a terminal
    // The name of the app may be known later than the spec's.
    void set_app(std::string app) { app_ = std::move(app); }
    Redactor& redactor() { return redactor_; }

    // To the journal and the terminal; an entry that the journal refuses goes to stderr.
    void event(Occurrence what);
    // Lines that are no event, for the journal of the unit. False where there is none: they are for standard
    // error.
    bool lines(std::string_view text);
    // For a process that ends at once. Waits until the manager has noted that it began: it does so only after
    // the fork, and systemctl(1) shows no line of a unit that is older than that note.
    void let_manager_catch_up();
    // With `extend` the service manager lets the start take that long from now.
    void status(std::string_view text, Duration extend = Duration::zero());
    // READY=1 and the barrier; fails with ETIMEDOUT where it was sent and is not read yet. The caller has
    // made last good durable before.
    [[nodiscard]] Status ready(std::string_view status);
    [[nodiscard]] Status reloading() { return to_.notify.reloading(); }
    void alive() { to_.notify.alive(); }

    // Writes the alert and reports alert_written, or alert_not_written with the whole alert; gives its path,
    // which is empty when `once` found one.
    Result<std::string> alert(const std::string& state_folder, Alert alert, AlertFor whom = {});
    // Reports state_not_written.
    void state_not_written(const Error& error);

  private:
    bool to_journal(JournalFields fields, bool has_unit);
    ReportTo to_;
    std::string name_, app_;
    Redactor redactor_;
};

} // namespace unitgate
