// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "spec/decode_sections.hpp"

namespace unitgate {

namespace {

// A gate whose passes and settle need longer than it may take can never pass.
void check_can_pass(const Reader& in, const Spec& spec) {
    const GateSection& gate = spec.gate;
    Duration least = gate.settle + (gate.passes - 1) * gate.interval;
    std::string what = in.has("settle") ? "settle" : "passes";
    if (least == Duration::zero()) return;
    std::string needs =
        "'passes', 'interval' and 'settle' need " + format_duration(least) + " at least, so that ";
    if (least >= gate.deadline)
        in.report().error(in.find(what)->place, "out-of-range",
                          needs + "the gate cannot pass before its deadline of " +
                              format_duration(gate.deadline),
                          "raise 'deadline' of [gate], or lower '" + what + "'");
    else if (spec.rollback.enabled && least >= spec.rollback.deadline)
        in.report().error(in.find(what)->place, "out-of-range",
                          needs + "no rollback can pass before its deadline of " +
                              format_duration(spec.rollback.deadline),
                          "raise 'deadline' of [rollback], or lower '" + what + "'");
}

} // namespace

void decode_gate(const Node* table, const Report& report, const std::string& no_domain, Spec& spec) {
    Reader in(table, "gate", report);
    if (!in) return;
    GateSection& gate = spec.gate;
    bool good = true;
    auto note = [&](std::string_view key, bool ok) { good = good && (ok || !in.has(key)); };
    note("deadline", in.span("deadline", gate.deadline));
    note("interval", in.span("interval", gate.interval));
    note("timeout", in.span("timeout", gate.timeout));
    note("passes", in.integer("passes", gate.passes, 1, 1000));
    note("settle", in.span("settle", gate.settle, true));
    if (good) check_can_pass(in, spec);
    for (auto [key, place] :
         {std::pair("deadline", &gate.deadline_at), std::pair("interval", &gate.interval_at),
          std::pair("timeout", &gate.timeout_at)})
        if (const Node* value = in.find(key)) *place = value->place;

    const Node* probes = in.take("probe", Node::Kind::list);
    if (!in.has("probe") || (probes && probes->children.empty()))
        report_missing(report, probes ? probes->place : in.place(),
                       "the gate has no [[gate.probe]]: nothing would prove that the app answers",
                       "add [[gate.probe]] with one of " + probe_kinds());
    if (!probes) return;
    for (const Node& each : probes->children) {
        if (each.kind != Node::Kind::table) {
            in.wrong_type("probe", each, "a list of tables alone");
            continue;
        }
        Probe probe = decode_probe(each, gate.probes.size() + 1, report, no_domain, spec);
        auto first = std::find_if(gate.probes.begin(), gate.probes.end(),
                                  [&](const Probe& other) { return other.name == probe.name; });
        if (first != gate.probes.end()) {
            const Node* name = each.find("name");
            report.error(name ? name->place : each.place, "duplicate-probe",
                         "two probes are named " + in_quotes_clipped(probe.name) + "; the first is in line " +
                             std::to_string(first->place.line),
                         "give each probe a name of its own");
        }
        gate.probes.push_back(std::move(probe));
    }
}

} // namespace unitgate
