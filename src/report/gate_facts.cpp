// SPDX-License-Identifier: MIT
#include "report/gate_facts.hpp"

#include <algorithm>

namespace unitgate {

namespace {

// The culprit, else (the deadline came while all was passing but not yet long enough) the first one.
const ProbeReport* to_blame(const GateReport& report) {
    if (const ProbeReport* culprit = report.culprit()) return culprit;
    for (const ProbeReport& probe : report.probes)
        if (probe.role != ProbeRole::optional) return &probe;
    return nullptr;
}

// "status 502 (detail)"
std::string failure_text(const TryResult& last) {
    std::string out = last.cause == Cause::status ? "status " + std::to_string(last.status)
                                                  : std::string(cause_name(last.cause));
    return last.detail.empty() ? out : out + " (" + last.detail + ")";
}

} // namespace

void describe_gate(Occurrence& what, const GateReport& report) {
    what.elapsed = report.took;
    if (report.passed) {
        for (const auto& probe : report.probes)
            what.tries = std::max(what.tries, probe.tries);
        return;
    }
    if (const ProbeReport* probe = to_blame(report)) describe_probe(what, *probe);
}

void describe_probe(Occurrence& what, const ProbeReport& probe) {
    what.probe = probe.name;
    what.target = probe.target;
    what.tries = probe.tries;
    if (!probe.answered) return;
    what.cause = cause_name(probe.last.cause);
    what.detail = probe.last.detail;
}

std::optional<AlertProbe> alert_probe(const GateReport& report) {
    const ProbeReport* probe = to_blame(report);
    if (!probe) return std::nullopt;
    AlertProbe out;
    out.name = probe->name;
    out.url = probe->target;
    out.cause = probe->answered ? cause_name(probe->last.cause) : "";
    out.status = probe->last.status;
    out.tries = probe->tries;
    out.seconds = std::chrono::duration<double>(report.took).count();
    return out;
}

std::string gate_detail(const GateReport& report) {
    const ProbeReport* probe = to_blame(report);
    if (!probe) return "the gate has no probe";
    std::string out = "probe '" + probe->name + "' of " + probe->target;
    std::string took = format_duration(report.took);
    if (!probe->answered) return out + " was not answered in " + took;
    if (probe->last.passed()) return out + " passed, but not for long enough within " + took;
    switch (report.verdict) {
    case GateRule::Verdict::gave_up:
        out += " kept failing, given up after " + took + ": ";
        break;
    case GateRule::Verdict::hopeless:
        out += " can't pass any more, seen after " + took + ": ";
        break;
    default:
        out += " still failed after " + took + ": ";
    }
    return out + failure_text(probe->last);
}

std::vector<const ProbeReport*> warnings_of(const GateReport& report) {
    std::vector<const ProbeReport*> out;
    for (const ProbeReport& probe : report.probes)
        if (probe.role == ProbeRole::optional && !probe.passes()) out.push_back(&probe);
    return out;
}

} // namespace unitgate
