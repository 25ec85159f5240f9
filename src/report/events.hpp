// SPDX-License-Identifier: MIT
// Every event this program reports, one row each: the table that the journal, the terminal, the message
// catalog and unitgate-run(8) agree on (tests/unit/report_events_test.cpp holds them together). Pure; sends
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "deploy/steps.hpp"
#include "io/journal.hpp"

namespace unitgate {

// A run begins with version_found, or with one of version_unknown, config_invalid, busy. It ends with exactly
// one of already_healthy, ready, rolled_back (all three: READY=1), failed, interrupted, busy.
enum class EventKind {
    version_found, // the wanted version
    version_unknown,
    config_invalid,
    busy,            // another run holds this app
    held_skipped,    // the wanted version is held: last good is wanted instead
    already_healthy, // last good is wanted and passes: nothing is deployed
    deploying,
    deployed,
    deploy_failed,
    gate_waiting, // first failed try, and each change of probe or cause
    gate_passed,
    gate_failed,
    optional_failed, // of a gate that passed: one of its optional probes did not
    gate_obstructed, // it may be waiting in vain: what its probe asks waits for this unit, or does not run
    gate_deadlock,   // it is waiting in vain, and ends for that
    rolling_back,    // `version` is where to, `failed_version` where from
    rolled_back,     // as rolling_back; READY=1
    ready,
    failed,
    interrupted,       // killed, stopped or powered off under way
    dependency_failed, // the unit never ran
    unhealthy,         // while active: `failures` tries in a row
    recovered,         // `elapsed`: so long it was unhealthy
    redeploying,
    not_redeployed, // it was too often already
    spec_read_again,
    not_watched, // a reload met a [watch] that only a start can begin
    alert_written,
    alert_not_written, // carries the whole alert
    state_not_written,
};

// What an event is about. Empty parts are left out of text and fields. Holds no secret: see
// report/redact.hpp.
struct Occurrence {
    EventKind kind = EventKind::failed;
    std::string name, app; // of the spec; Report fills them in
    std::string version;
    std::string failed_version; // text only
    std::optional<Reason> reason;
    std::string probe, cause; // the probe's name, cause_name()
    std::string target;       // Prober::target(); text only
    std::size_t tries = 0;
    std::optional<Duration> elapsed;
    std::string detail;      // a clause; text only
    std::string path;        // of an alert file; text only
    std::string alert;       // alert_text(), for alert_not_written
    std::string object_unit; // written for this unit by another process
};

// The fields an event may carry beside MESSAGE_ID, PRIORITY and MESSAGE.
enum class EventField { name, app, version, reason, probe, cause, tries, elapsed, alert, object_unit };
std::string_view field_name(EventField field); // "UNITGATE_NAME", ..., "OBJECT_SYSTEMD_UNIT"
std::span<const EventField> all_event_fields();

struct EventRow {
    EventKind kind;
    std::string_view word; // "gate-failed": its name in man pages
    std::string_view id;   // MESSAGE_ID, 32 hex digits
    int priority;          // syslog(3): 2 critical, 3 error, 4 warning, 5 notice, 6 info
    std::uint32_t fields;  // bit 1 << EventField: it carries these where they are known
    std::string_view text; // {part} is inserted; [...] is left out when a part in it is empty
    bool carries(EventField field) const { return fields >> static_cast<int>(field) & 1; }
};
std::span<const EventRow> event_table();
const EventRow& event_row(EventKind kind);

// The sentence for people: control bytes escaped.
std::string event_text(const Occurrence& what);
// All fields of the journal entry, MESSAGE first.
JournalFields event_fields(const Occurrence& what);

} // namespace unitgate
