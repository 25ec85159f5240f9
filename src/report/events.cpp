// SPDX-License-Identifier: MIT
#include "report/events.hpp"

#include <array>

#include "base/text.hpp"

namespace unitgate {

namespace {

using enum EventField;

constexpr std::uint32_t with(std::initializer_list<EventField> fields) {
    std::uint32_t bits = 1U << static_cast<int>(name) | 1U << static_cast<int>(app);
    for (EventField field : fields)
        bits |= 1U << static_cast<int>(field);
    return bits;
}

constexpr int critical = 2, error = 3, warning = 4, notice = 5, info = 6;

// An id is never changed or used again: scripts and the catalog know events by it.
constexpr std::array table = {
    EventRow{EventKind::version_found, "version-found", "75ea92e296d84cae98297dbbc49c3c3e", info,
             with({version}), "wanted version of {app} is {version}"},
    EventRow{EventKind::version_unknown, "version-unknown", "5808b11590d8468bb7fc16f1c14b9552", error,
             with({reason}), "wanted version of {app} is unknown[: {detail}]"},
    EventRow{EventKind::config_invalid, "config-invalid", "33012befd6e144f8b8781beb0ac5c1bb", error,
             with({reason}), "configuration of {name} is invalid[: {detail}]"},
    EventRow{EventKind::busy, "busy", "9b933ca876d440868f7ebd81ce9a92e2", warning, with({}),
             "another run holds {app}[: {detail}]"},
    EventRow{EventKind::held_skipped, "held-skipped", "269b9c6637c04938b7222a198fb9f42f", warning,
             with({version, reason}),
             "{app}[ {failed_version}] is held since it failed[ ({reason})][; {version} is wanted instead]"},
    EventRow{EventKind::already_healthy, "already-healthy", "00fb212482794444828e5141e8c8f996", info,
             with({version, elapsed}), "{app} {version} is up and healthy, nothing is deployed"},
    EventRow{EventKind::deploying, "deploying", "066e30e12d8846d88f93d56c7062aec7", info, with({version}),
             "deploying {app} {version}"},
    EventRow{EventKind::deployed, "deployed", "a8cfb9bb49334a8b9f9ddb38c6b15230", info,
             with({version, elapsed}), "deployed {app} {version}[ in {elapsed}]"},
    EventRow{EventKind::deploy_failed, "deploy-failed", "217732b40c8542ae93270eca76305395", error,
             with({version, reason, elapsed}),
             "deploying {app} {version} failed[ after {elapsed}][: {detail}]"},
    EventRow{
        EventKind::gate_waiting, "gate-waiting", "1f85d4a474e742e78af4c3a4961a3c7d", info,
        with({version, probe, cause, tries, elapsed}),
        "gate of {app}[ {version}] is waiting[ for probe '{probe}'][: {cause}][ from {target}][: {detail}]"},
    EventRow{EventKind::gate_passed, "gate-passed", "254b6a7733214b3b9697d8e4201a79bf", info,
             with({version, tries, elapsed}),
             "gate of {app}[ {version}] passed[ after {elapsed}][, {tries}]"},
    EventRow{EventKind::gate_failed, "gate-failed", "75f967c6b9cd4d04bbab38de4197c718", error,
             with({version, reason, probe, cause, tries, elapsed}),
             "gate of {app}[ {version}] failed[ after {elapsed}][, {tries}][, probe '{probe}'][: {cause}]"
             "[ from {target}][: {detail}]"},
    EventRow{EventKind::optional_failed, "optional-failed", "6a8929a4ef3a4c57b580aff5b5054ecc", warning,
             with({version, probe, cause, tries}),
             "optional probe[ '{probe}'] of {app}[ {version}] does not pass[: {cause}][ from {target}][: "
             "{detail}]"},
    EventRow{EventKind::gate_obstructed, "gate-obstructed", "a03644f0a0744e96bca348e828d4dd6b", warning,
             with({version, probe, elapsed}),
             "gate of {app}[ {version}] may be waiting in vain[ for probe '{probe}'][, {elapsed} so far][: "
             "{detail}]"},
    EventRow{
        EventKind::gate_deadlock, "gate-deadlock", "b4570a859dd1488989dfb088937aaa40", error,
        with({version, reason, probe, cause, tries, elapsed}),
        "gate of {app}[ {version}] can never pass[, seen after {elapsed}][ and {tries}][, probe '{probe}'][: "
        "{detail}]"},
    EventRow{EventKind::rolling_back, "rolling-back", "c8120fcc266344df8bfa632e18f7e800", warning,
             with({version, reason}), "rolling {app} back[ from {failed_version}] to {version}"},
    EventRow{EventKind::rolled_back, "rolled-back", "87d1671fc0174ba2afa45c53709336e6", warning,
             with({version, elapsed}),
             "{app} {version} is up again[ after {elapsed}][; {failed_version} failed]"},
    EventRow{EventKind::ready, "ready", "5b77148dea2f4f1ca3f73b6b6e3d9422", info, with({version, elapsed}),
             "{app} {version} is up[ after {elapsed}]"},
    EventRow{EventKind::failed, "failed", "bd33bd1df97d4158a9a8f167c24fc61f", error,
             with({version, reason, elapsed}), "{app}[ {version}] is not up[: {reason}][: {detail}]"},
    EventRow{EventKind::interrupted, "interrupted", "e01a31b79295421bbdf02f68eee0cf58", warning,
             with({version, reason, elapsed, object_unit}),
             "run for {app}[ {version}] was interrupted[: {detail}]"},
    EventRow{EventKind::dependency_failed, "dependency-failed", "c0d145d0da3f4cf9bc93d392f7d0b7bf", notice,
             with({object_unit}), "run for {app} never began: a unit that[ {unit}] requires did not start"},
    EventRow{EventKind::unhealthy, "unhealthy", "0b6d2860e2be46ad8a35b06901fbc534", error,
             with({version, reason, probe, cause, tries}),
             "{app}[ {version}] is active and unhealthy[: {detail}]"},
    EventRow{EventKind::recovered, "recovered", "689fb04ccfb9411e973d008e2df4e4e2", notice,
             with({version, elapsed}), "{app}[ {version}] is healthy again[ after {elapsed}]"},
    EventRow{EventKind::redeploying, "redeploying", "89d2632571d2490fa999519e1bcb8bba", warning,
             with({version}), "{app}[ {version}] is unhealthy and is deployed again"},
    EventRow{EventKind::not_redeployed, "not-redeployed", "ee5ea1fd37a14ea0aaa4f286c5fd9e9c", warning,
             with({version}), "{app}[ {version}] is unhealthy and is not deployed again[: {detail}]"},
    EventRow{EventKind::spec_read_again, "spec-read-again", "f02b3d2faec248e7a7e5af2ac1652b3f", info,
             with({version}), "spec of {name} was read again[: {detail}]"},
    EventRow{EventKind::not_watched, "not-watched", "37d8b927be174f80bf934bb768cf9fe2", notice,
             with({version}), "{app}[ {version}] is up and not watched[: {detail}]"},
    EventRow{EventKind::alert_written, "alert-written", "ceebb3b679c642bcb5baaf9442abe58e", warning,
             with({version, reason, object_unit}),
             "alert {reason} for {app}[ {version}] is in '{path}'[: {detail}]"},
    EventRow{EventKind::alert_not_written, "alert-not-written", "22f384cac48c422899daabe51413f793", critical,
             with({version, reason, alert, object_unit}),
             "alert {reason} for {app}[ {version}] could not be written[: {detail}]"},
    EventRow{EventKind::state_not_written, "state-not-written", "e25dbbfbdbb845e2aa3a5d05c873d255", critical,
             with({}), "state of {name} could not be read or written[: {detail}]"},
};

constexpr std::array<EventField, 10> fields = {name,  app,   version, reason, probe,
                                               cause, tries, elapsed, alert,  object_unit};

// One part of an occurrence for a field, as a machine reads it; empty where it is not known.
std::string machine_text(const Occurrence& what, EventField field) {
    switch (field) {
    case name:
        return escape_controls(what.name);
    case app:
        return escape_controls(what.app);
    case version:
        return escape_controls(what.version);
    case reason:
        return what.reason ? std::string(reason_name(*what.reason)) : "";
    case probe:
        return escape_controls(what.probe);
    case cause:
        return escape_controls(what.cause);
    case tries:
        return what.tries ? std::to_string(what.tries) : "";
    case elapsed:
        return what.elapsed ? std::to_string(what.elapsed->count()) : "";
    case alert:
        return what.alert;
    case object_unit:
        return escape_controls(what.object_unit);
    }
    return {};
}

std::string part_for_people(const Occurrence& what, std::string_view part) {
    if (part == "name") return escape_controls(what.name.empty() ? what.app : what.name);
    if (part == "app") return escape_controls(what.app.empty() ? what.name : what.app);
    if (part == "version") return escape_controls(what.version);
    if (part == "failed_version") return escape_controls(what.failed_version);
    if (part == "reason") return machine_text(what, reason);
    if (part == "probe") return escape_controls(what.probe);
    if (part == "cause") return escape_controls(what.cause);
    if (part == "target") return escape_controls(what.target);
    if (part == "tries")
        return what.tries == 0 ? "" : what.tries == 1 ? "1 try" : std::to_string(what.tries) + " tries";
    if (part == "elapsed") return what.elapsed ? format_duration(*what.elapsed) : "";
    if (part == "detail") return escape_controls(what.detail);
    if (part == "path") return escape_controls(what.path);
    if (part == "unit") return escape_controls(what.object_unit);
    return {};
}

// Fills in {part}s; `whole` becomes false when one of them is empty.
std::string fill(const Occurrence& what, std::string_view text, bool& whole) {
    std::string out;
    for (std::size_t open; (open = text.find('{')) != std::string_view::npos;) {
        std::size_t close = text.find('}', open);
        std::string part = part_for_people(what, text.substr(open + 1, close - open - 1));
        if (part.empty()) whole = false;
        out += text.substr(0, open);
        out += part;
        text.remove_prefix(close + 1);
    }
    return out += text;
}

} // namespace

std::string_view field_name(EventField field) {
    switch (field) {
    case name:
        return "UNITGATE_NAME";
    case app:
        return "UNITGATE_APP";
    case version:
        return "UNITGATE_VERSION";
    case reason:
        return "UNITGATE_REASON";
    case probe:
        return "UNITGATE_PROBE";
    case cause:
        return "UNITGATE_CAUSE";
    case tries:
        return "UNITGATE_TRIES";
    case elapsed:
        return "UNITGATE_ELAPSED_USEC";
    case alert:
        return "UNITGATE_ALERT";
    case object_unit:
        return "OBJECT_SYSTEMD_UNIT";
    }
    return {};
}

std::span<const EventField> all_event_fields() {
    return fields;
}

std::span<const EventRow> event_table() {
    return table;
}

const EventRow& event_row(EventKind kind) {
    return table[static_cast<std::size_t>(kind)]; // in the order of the enum, which a test checks
}

std::string event_text(const Occurrence& what) {
    std::string out;
    std::string_view text = event_row(what.kind).text;
    bool ignored = true;
    for (std::size_t open; (open = text.find('[')) != std::string_view::npos;) {
        std::size_t close = text.find(']', open);
        out += fill(what, text.substr(0, open), ignored);
        bool whole = true;
        std::string optional = fill(what, text.substr(open + 1, close - open - 1), whole);
        if (whole) out += optional;
        text.remove_prefix(close + 1);
    }
    return out += fill(what, text, ignored);
}

JournalFields event_fields(const Occurrence& what) {
    const EventRow& row = event_row(what.kind);
    JournalFields out{{"MESSAGE", event_text(what)},
                      {"MESSAGE_ID", std::string(row.id)},
                      {"PRIORITY", std::to_string(row.priority)}};
    for (EventField field : fields) {
        if (!row.carries(field)) continue;
        if (std::string value = machine_text(what, field); !value.empty())
            out.push_back({std::string(field_name(field)), std::move(value)});
    }
    return out;
}

} // namespace unitgate
