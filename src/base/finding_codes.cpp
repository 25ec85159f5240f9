// SPDX-License-Identifier: MIT
#include "base/finding_codes.hpp"

#include <algorithm>
#include <stdexcept>

namespace unitgate {

namespace {

constexpr auto error = Severity::error, warning = Severity::warning;

constexpr FindingCode table[] = {
    // Of one spec, by the loader.
    {"bad-address", error, "a socket's address is none"},
    {"bad-choice", error, "a word is not one of those that the key takes"},
    {"bad-credential", error, "a credential's name is none"},
    {"bad-domain", error, "a domain is none"},
    {"bad-duration", error, "a time span is none"},
    {"bad-environment", error, "a variable's name is none, or one that a run sets itself"},
    {"bad-header", error, "an HTTP header is none, or may not be set"},
    {"bad-method", error, "an HTTP method is none, or no probe may use it"},
    {"bad-name", error, "a name of a spec, app or probe is none"},
    {"bad-path", error, "a path is not absolute"},
    {"bad-pin", error, "a pin of a public key is none"},
    {"bad-placeholder", error, "a placeholder that nothing replaces there"},
    {"bad-pointer", error, "a JSON pointer is none"},
    {"bad-regex", error, "a regular expression does not compile, or lacks its group"},
    {"bad-schedule", error, "a schedule is no calendar event of systemd.time(7)"},
    {"bad-service", error, "a name of a Docker or gRPC service is none"},
    {"bad-status", error, "an HTTP status is none"},
    {"bad-text", error, "a text holds what it may not"},
    {"bad-unit-name", error, "a unit's name is none"},
    {"bad-url", error, "a URL is none"},
    {"bad-utf8", error, "a byte of the file is no UTF-8"},
    {"bad-version", error, "a version is none"},
    {"conflicting-keys", error, "keys that exclude each other"},
    {"control-byte", error, "a control byte stands in the file"},
    {"duplicate-key", error, "a key is set twice"},
    {"duplicate-probe", error, "two probes of a gate have one name"},
    {"duplicate-unit", error, "two specs claim one unit"},
    {"empty-command", error, "a command without a program"},
    {"masked", error, "the spec that was asked for is masked"},
    {"missing-key", error,
     "a key or a probe that must be there is missing: nothing would prove that the app answers"},
    {"no-folder", error, "a folder given with --specs is not there"},
    {"no-spec", error, "there is no spec of that name"},
    {"out-of-range", error, "a value is too large or too small, or no gate could pass with it"},
    {"syntax", error, "the file is no TOML"},
    {"too-large", error, "the file is larger than a spec may be"},
    {"unknown-key", error, "a key that nothing reads"},
    {"unreadable", error, "a file or folder cannot be read"},
    {"untrusted", error, "others than root may write a file, or put another in its place"},
    {"wrong-type", error, "a value is of another type than the key's"},
    // Of one spec that is valid.
    {"gate-timing", warning,
     "times of a gate that do not go together, such as an interval longer than the deadline"},
    {"verify-off", warning, "a probe takes any certificate"},
    // Of all specs and units together.
    {"gate-deadlock", error, "a gate waits for a unit that can only start once that gate has passed"},
    {"listener-deadlock", warning,
     "the same, as the process tells that listens now where the probe connects"},
    {"ordering-cycle", error, "units are ordered in a circle that systemd would refuse to start"},
    {"server-not-started", error, "a gate asks a unit that nothing starts"},
    {"soft-cycle", error, "units are ordered in a circle that systemd breaks by dropping a start job"},
    {"unknown-unit", warning, "a spec names a unit that does not exist"},
    // Of the units in force.
    {"no-timeout", warning, "a unit that a deploy unit waits for may take for ever to start"},
    {"timeout-too-short", warning, "a unit in force may take less time to start than its gate"},
    {"unit-masked", warning, "the unit of a spec is masked, so nothing of the spec holds"},
    {"unit-shadowed", error, "an installed unit file hides the one that is made from the spec"},
    {"unit-stale", warning, "the unit in force is not the one that the spec on disk makes"},
    // Of what is deployed.
    {"checkout-stale", warning,
     "the deploy directory is a git checkout on another branch than the default one, or behind it as last "
     "fetched"},
    {"deploy-edited", warning, "the spec's [deploy] was edited since the app last passed its gate"},
    {"no-program", warning, "the program of a command is not there, or can't be executed"},
    {"not-checked", warning, "something could not be looked at; what it hides is not known"},
};

} // namespace

std::span<const FindingCode> finding_codes() {
    return table;
}

Diagnostic finding(const Place& place, std::string_view code, std::string cause, std::string remedy) {
    const auto* row =
        std::find_if(std::begin(table), std::end(table), [&](const auto& each) { return each.code == code; });
    if (row == std::end(table)) throw std::logic_error("no finding has the code '" + std::string(code) + "'");
    return diagnose(place, std::string(code), std::move(cause), std::move(remedy), row->severity);
}

} // namespace unitgate
