// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "spec/checks.hpp"
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
    auto refuse = [&](const std::string& cannot, Duration deadline, const std::string& key) {
        if (least < deadline) return false;
        in.report().error(in.find(what)->place, "out-of-range",
                          needs + cannot + " of " + format_duration(deadline),
                          "raise " + key + ", or lower '" + what + "'");
        return true;
    };
    if (refuse("the gate cannot pass before its deadline", gate.deadline, "'deadline' of [gate]")) return;
    if (refuse("the gate cannot pass before its deadline at boot", gate.deadline_for(true),
               "'boot_deadline' of [gate]"))
        return;
    if (spec.rollback.enabled)
        refuse("no rollback can pass before its deadline", spec.rollback.deadline,
               "'deadline' of [rollback]");
}

// Keys that only have an effect with others.
void check_ends_early(const Reader& in, const GateSection& gate) {
    const Report& report = in.report();
    if (in.has("main_unit") && !gate.fail_fast)
        report.error(in.find("main_unit")->key, "conflicting-keys",
                     "'main_unit' means nothing without fail_fast = true",
                     "add fail_fast = true, or write a [[gate.probe]] with unit");
    if (!in.has("start_period") && !in.has("give_up")) return;
    if (in.has("start_period") && gate.give_up == 0 && !gate.fail_fast)
        return report.error(in.find("start_period")->key, "conflicting-keys",
                            "'start_period' means nothing without 'give_up' or fail_fast = true",
                            "remove it, or say with one of these what is to end the gate after it");
    // Not in whole microseconds, whose count a hundred thousand long intervals run over.
    using Span = std::chrono::duration<double, Duration::period>;
    const Span least = gate.start_period + std::max(gate.give_up - 1, 0) * Span(gate.interval);
    if (least < gate.longest_deadline()) return;
    const auto shown = std::chrono::duration_cast<Duration>(std::min<Span>(least, Duration::max() / 2));
    report.error(in.find(in.has("give_up") ? "give_up" : "start_period")->place, "out-of-range",
                 "'start_period', 'give_up' and 'interval' come to " + format_duration(shown) +
                     ", so that the deadline of " + format_duration(gate.longest_deadline()) +
                     " always comes first",
                 "lower them, or raise 'deadline' of [gate]");
}

void decode_probes(const Reader& in, const std::string& no_domain, Spec& spec) {
    GateSection& gate = spec.gate;
    const Node* probes = in.take("probe", Node::Kind::list);
    if (!in.has("probe") || (probes && probes->children.empty()))
        report_missing(in.report(), probes ? probes->place : in.place(),
                       "the gate has no [[gate.probe]]: nothing would prove that the app answers",
                       "add [[gate.probe]] with one of " + probe_kinds());
    if (!probes) return;
    for (const Node& each : probes->children) {
        if (each.kind != Node::Kind::table) {
            in.wrong_type("probe", each, "a list of tables alone");
            continue;
        }
        Probe probe = decode_probe(each, gate.probes.size() + 1, in.report(), no_domain, spec);
        auto first = std::find_if(gate.probes.begin(), gate.probes.end(),
                                  [&](const Probe& other) { return other.name == probe.name; });
        if (first != gate.probes.end()) {
            const Node* name = each.find("name");
            in.report().error(name ? name->place : each.place, "duplicate-probe",
                              "two probes are named " + in_quotes_clipped(probe.name) +
                                  "; the first is in line " + std::to_string(first->place.line),
                              "give each probe a name of its own");
        }
        if (probe.must_fail && std::holds_alternative<ExecProbe>(probe.check))
            in.report().error(each.find("not")->key, "conflicting-keys",
                              "'not' cannot be had with 'exec': a command that fails may not have run at all",
                              "let a command exit with status 0 where all is well");
        gate.probes.push_back(std::move(probe));
    }
    if (!gate.probes.empty() && std::none_of(gate.probes.begin(), gate.probes.end(), proves_something))
        report_missing(in.report(), probes->place,
                       "every probe of the gate has optional = true or not = true: an app that is not there "
                       "would pass",
                       "add a [[gate.probe]] without either");
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
    if (Duration span{}; in.has("boot_deadline")) {
        note("boot_deadline", in.span("boot_deadline", span));
        if (span != Duration::zero()) gate.boot_deadline = span;
    }
    in.boolean("any", gate.any);
    note("start_period", in.span("start_period", gate.start_period, true));
    note("give_up", in.integer("give_up", gate.give_up, 1, 100'000));
    note("fail_fast", in.boolean("fail_fast", gate.fail_fast));
    in.text("main_unit", gate.main_unit, "bad-unit-name", check_unit_name);
    if (good) {
        check_can_pass(in, spec);
        check_ends_early(in, gate);
    }
    for (auto [key, place] :
         {std::pair("deadline", &gate.deadline_at), std::pair("interval", &gate.interval_at),
          std::pair("timeout", &gate.timeout_at)})
        if (const Node* value = in.find(key)) *place = value->place;
    decode_probes(in, no_domain, spec);
}

} // namespace unitgate
