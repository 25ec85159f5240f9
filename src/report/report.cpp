// SPDX-License-Identifier: MIT
#include "report/report.hpp"

#include <algorithm>
#include <unistd.h>

#include "base/text.hpp"
#include "io/ids.hpp"

namespace unitgate {

Result<ReportTo> report_here() {
    ReportTo to;
    auto notify = Notify::from_environment();
    if (!notify) return tl::unexpected(notify.error());
    to.notify = std::move(*notify);
    if (journal_present()) to.journal = journal_send;
    to.unit = own_unit();
    if (::isatty(STDOUT_FILENO) == 1)
        to.terminal = Terminal::on(STDOUT_FILENO);
    else if (!to.journal || (to.unit.empty() && !leads_to_journal(STDERR_FILENO)))
        to.terminal = Terminal::on(STDERR_FILENO);
    return to;
}

Report::Report(ReportTo to, std::string name, std::string app)
    : to_(std::move(to)), name_(std::move(name)), app_(std::move(app)) {}

Report::~Report() {
    if (to_.terminal) to_.terminal->finish();
}

void Report::event(Occurrence what) {
    if (what.name.empty()) what.name = name_;
    if (what.app.empty()) what.app = app_;
    what.probe = redactor_.clean(what.probe);
    what.target = strip_urls(what.target);
    what.detail = redactor_.clean(what.detail);
    what.path = strip_urls(what.path);
    const bool told = to_journal(event_fields(what), !what.object_unit.empty());
    if (to_.terminal)
        to_.terminal->event(what);
    else if (!told)
        Terminal(STDERR_FILENO, false, false).event(what);
}

bool Report::lines(std::string_view text) {
    if (to_.unit.empty()) return false;
    const std::string safe = redactor_.clean(text);
    bool told = true;
    for (std::string_view rest = safe; told && !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        told = to_journal({{"MESSAGE", escape_controls(rest.substr(0, end))}, {"PRIORITY", "6"}}, false);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return told;
}

void Report::let_manager_catch_up() {
    static_cast<void>(to_.notify.barrier()); // at worst a line shows in the journal alone
}

// journald looks up the unit of an entry's process when it reads the entry; of one that has ended by then it
// can't.
bool Report::to_journal(JournalFields fields, bool has_unit) {
    if (!to_.journal) return false;
    if (!has_unit && !to_.unit.empty()) fields.push_back({"OBJECT_SYSTEMD_UNIT", to_.unit});
    return to_.journal(fields).has_value();
}

void Report::status(std::string_view text, Duration extend) {
    std::string safe = redactor_.clean(text);
    to_.notify.status(safe, extend);
    if (to_.terminal) to_.terminal->status(safe);
}

Status Report::ready(std::string_view status) {
    if (to_.terminal) to_.terminal->finish();
    return to_.notify.ready(redactor_.clean(status));
}

Result<std::string> Report::alert(const std::string& state_folder, Alert alert, AlertFor whom) {
    if (alert.app.empty()) alert.app = app_;
    alert.detail = redactor_.clean(alert.detail);
    if (alert.probe) {
        alert.probe->name = redactor_.clean(alert.probe->name);
        alert.probe->url = strip_urls(alert.probe->url);
    }
    auto written = whom.once ? write_alert_once(state_folder, alert, whom.of_reason, whom.known)
                             : write_alert(state_folder, alert);
    if (written && written->empty()) return written; // it was there already

    Occurrence what;
    what.kind = written ? EventKind::alert_written : EventKind::alert_not_written;
    what.app = alert.app;
    what.version = alert.version;
    what.reason = alert.reason;
    what.object_unit = whom.object_unit;
    if (written) {
        what.path = *written;
        what.detail = alert.detail;
    } else {
        what.detail = written.error().message;
        what.alert = std::string(trim(alert_text(alert)));
    }
    event(std::move(what));
    return written;
}

void Report::state_not_written(const Error& error) {
    Occurrence what;
    what.kind = EventKind::state_not_written;
    what.detail = with_remedy(error);
    event(std::move(what));
}

} // namespace unitgate
