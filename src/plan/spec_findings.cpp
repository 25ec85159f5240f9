// SPDX-License-Identifier: MIT
#include "plan/spec_findings.hpp"

#include "base/finding_codes.hpp"
#include "plan/finding_text.hpp"

namespace unitgate {

namespace {

class Check {
  public:
    Check(const Spec& spec, Diagnostics& out) : spec_(spec), out_(out) {}

    void probes() {
        for (const Probe& probe : spec_.gate.probes)
            // A pin says who may answer without any certificate.
            if (const Endpoint* asked = endpoint_of(probe); asked && !asked->verify && asked->pin.empty())
                add(probe.place, "verify-off",
                    "probe '" + probe.name + "' takes any certificate: whoever answers there passes the gate",
                    "name the authority with 'ca' or the key with 'pin', or drop verify = false");
    }

    // The loader refuses what can never pass; this is what passes, but not as somebody meant it.
    void timing() {
        const GateSection& gate = spec_.gate;
        longer(gate.interval, gate.interval_at, "the longest pause between two tries",
               "a probe whose pauses have grown would not be tried again", "'interval'");
        longer(gate.timeout, gate.timeout_at, "the time-out of one try",
               "one try that hangs uses up the gate", "'timeout'");
    }

  private:
    void longer(Duration span, const Place& at, const std::string& what, const std::string& then,
                const char* key) {
        const GateSection& gate = spec_.gate;
        if (span >= gate.deadline)
            add(at.file ? at : gate.deadline_at, "gate-timing",
                what + ", " + format_duration(span) + ", is no shorter than the gate's deadline of " +
                    format_duration(gate.deadline) + ": " + then,
                "lower " + std::string(key) + " of [gate], or raise its 'deadline'");
        else if (spec_.rollback.enabled && span >= spec_.rollback.deadline)
            add(at.file ? at : gate.deadline_at, "gate-timing",
                what + ", " + format_duration(span) + ", is no shorter than a rollback's deadline of " +
                    format_duration(spec_.rollback.deadline) + ": " + then,
                "lower " + std::string(key) + " of [gate], or raise 'deadline' of [rollback]");
    }

    void add(const Place& place, const char* code, std::string cause, std::string remedy) {
        out_.push_back(
            finding(place.file ? place : place_of(spec_), code, std::move(cause), std::move(remedy)));
        out_.back().units = {spec_.unit.name};
    }

    const Spec& spec_;
    Diagnostics& out_;
};

} // namespace

Diagnostics find_spec_problems(std::span<const Spec> specs) {
    Diagnostics found;
    for (const Spec& spec : specs) {
        Check check(spec, found);
        check.probes();
        check.timing();
    }
    return found;
}

} // namespace unitgate
