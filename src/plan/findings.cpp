// SPDX-License-Identifier: MIT
#include "plan/findings.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace unitgate {

namespace {

using SpecsByUnit = std::map<std::string_view, const Spec*>;

std::string quoted(std::string_view name) {
    return "'" + std::string(name) + "'";
}

std::string in_parentheses(const Origin& origin) {
    std::string text = origin.text();
    return text.empty() ? "" : " (" + text + ")";
}

const Probe* probe_named(const Spec& spec, std::string_view name) {
    for (const Probe& probe : spec.gate.probes)
        if (probe.name == name) return &probe;
    return nullptr;
}

Diagnostic at_probe(const Spec& spec, const Need& need, std::string code, std::string cause,
                    std::string remedy) {
    const Probe* probe = probe_named(spec, need.probe);
    return diagnose(probe ? probe->place : Place{}, std::move(code), std::move(cause), std::move(remedy));
}

// The link that closes the circle is the ordering that could be dropped instead.
std::string cure(const Graph& graph, const Spec& spec, const Deadlock& deadlock) {
    std::string text = "probe what " + quoted(spec.unit.name) + " serves itself";
    if (!spec.serves.empty()) text += ", such as " + spec.serves.front().value;
    for (auto wait = deadlock.chain.rbegin(); wait != deadlock.chain.rend(); ++wait)
        if (!wait->by_gate) {
            const Edge& edge = graph.edges()[wait->index];
            text += "; or drop the ordering of " + quoted(graph[wait->waiter].name) + " after " +
                    quoted(graph[wait->awaited].name) + in_parentheses(edge.origin);
            break;
        }
    return text;
}

void report_deadlocks(const Graph& graph, const SpecsByUnit& specs, const std::vector<bool>& jobs,
                      Diagnostics& out) {
    for (const Deadlock& each : find_deadlocks(graph, jobs)) {
        auto spec = specs.find(graph[each.unit].name);
        if (spec == specs.end()) continue; // only specs have gates
        const Need& need = graph[each.unit].needs[each.need];
        auto one =
            at_probe(*spec->second, need, "gate-deadlock",
                     "the gate of " + quoted(graph[each.unit].name) + " waits for " +
                         quoted(graph[need.server].name) + ", which can only start once that gate has passed",
                     cure(graph, *spec->second, each));
        one.notes = describe_chain(graph, each);
        one.notes.push_back("on a cold boot the gate would wait out its deadline of " +
                            format_duration(spec->second->gate.deadline) +
                            " and fail, however healthy the app is");
        out.push_back(std::move(one));
    }
}

// The jobs that must not be dropped: what the roots require, transitively.
std::vector<bool> required_by(const Graph& graph, const std::vector<UnitId>& roots) {
    std::vector<bool> required(graph.size(), false);
    std::vector<UnitId> open;
    auto mark = [&](UnitId id) {
        if (!required[id]) {
            required[id] = true;
            open.push_back(id);
        }
    };
    for (UnitId root : roots)
        mark(root);
    while (!open.empty()) {
        UnitId id = open.back();
        open.pop_back();
        for (auto index : graph[id].edges) {
            const Edge& edge = graph.edges()[index];
            if (edge.relation == Relation::requires_ || edge.relation == Relation::requisite ||
                edge.relation == Relation::binds_to)
                mark(edge.to);
        }
    }
    return required;
}

std::vector<UnitId> boot_roots(const Graph& graph) {
    std::vector<UnitId> roots;
    for (const char* name : {"default.target", "deploy.target"})
        if (const UnitId* id = graph.find(name)) roots.push_back(*id);
    return roots;
}

void report_cycles(const Graph& graph, const SpecsByUnit& specs, const std::vector<bool>& jobs,
                   Diagnostics& out) {
    auto required = required_by(graph, boot_roots(graph));
    for (const auto& circle : find_ordering_cycles(graph, jobs)) {
        // Cycles among units that no spec has a part in are the host's own affair.
        bool ours = std::any_of(circle.begin(), circle.end(),
                                [&](const Wait& wait) { return graph[wait.waiter].gated; });
        if (!ours) continue;
        std::vector<std::string> droppable;
        for (const Wait& wait : circle)
            if (!required[wait.waiter]) droppable.push_back(quoted(graph[wait.waiter].name));
        std::string names = quoted(graph[circle[0].waiter].name);
        for (const Wait& wait : circle)
            names += " after " + quoted(graph[wait.awaited].name);
        Diagnostic one;
        bool hard = droppable.empty();
        one.code = hard ? "ordering-cycle" : "soft-cycle";
        one.cause = "units are ordered in a circle: " + names;
        for (const Wait& wait : circle) {
            one.notes.push_back(quoted(graph[wait.waiter].name) + " starts after " +
                                quoted(graph[wait.awaited].name) +
                                in_parentheses(graph.edges()[wait.index].origin));
            auto spec = specs.find(graph[wait.waiter].name);
            if (one.path.empty() && spec != specs.end())
                for (const auto& after : spec->second->unit.after)
                    if (after.value == graph[wait.awaited].name) {
                        Diagnostic placed = diagnose(after.place, one.code, one.cause);
                        placed.notes = std::move(one.notes);
                        one = std::move(placed);
                    }
        }
        one.notes.push_back(
            hard ? "systemd would refuse to start any of them"
                 : "systemd would break it by silently dropping the start job of " +
                       (droppable.size() > 1 ? "one of " + join(droppable, ", ") : droppable[0]));
        one.remedy = "drop one of these orderings";
        out.push_back(std::move(one));
    }
}

void report_servers(const Graph& graph, const SpecsByUnit& specs, const Starts& starts, Diagnostics& out) {
    for (UnitId id = 0; id < graph.size(); ++id) {
        auto spec = specs.find(graph[id].name);
        if (spec == specs.end()) continue;
        const auto& jobs = starts.boot[id] ? starts.boot : starts.all;
        for (const Need& need : graph[id].needs) {
            const Unit& server = graph[need.server];
            if (jobs[need.server]) continue;
            std::string why = server.masked    ? "is masked"
                              : !server.exists ? "does not exist"
                                               : "is started by nothing at boot";
            std::string remedy = server.masked ? "systemctl unmask " + server.name
                                 : !server.exists
                                     ? "install it, or probe something else"
                                     : "add wanted_by = [\"deploy.target\"] to its [unit], or let " +
                                           quoted(graph[id].name) + " want it";
            out.push_back(at_probe(*spec->second, need, "server-not-started",
                                   "probe " + quoted(need.probe) + " asks " + need.target + " of " +
                                       quoted(server.name) + ", which " + why,
                                   remedy));
        }
    }
}

void report_unknown_units(const Graph& graph, std::span<const Spec> specs, Diagnostics& out) {
    auto check = [&](const Names& names, const char* key) {
        for (const auto& name : names) {
            const UnitId* id = graph.find(name.value);
            if (id && (graph[*id].exists || graph[*id].masked)) continue;
            out.push_back(diagnose(
                name.place, "unknown-unit",
                std::string(key) + " names " + quoted(name.value) + ", and there is no such unit",
                "correct the name, or install the unit; systemd ignores it silently", Severity::warning));
        }
    };
    for (const Spec& spec : specs) {
        check(spec.unit.after, "after");
        check(spec.unit.before, "before");
        check(spec.unit.wants, "wants");
        check(spec.unit.requires_, "requires");
        check(spec.unit.requisite, "requisite");
        check(spec.unit.binds_to, "binds_to");
        check(spec.unit.part_of, "part_of");
        check(spec.unit.wanted_by, "wanted_by");
        check(spec.unit.required_by, "required_by");
    }
}

} // namespace

Starts find_starts(const Graph& graph, std::span<const Spec> specs) {
    auto roots = boot_roots(graph);
    Starts starts;
    starts.boot = start_jobs(graph, roots);
    for (const Spec& spec : specs)
        if (const UnitId* id = graph.find(spec.unit.name)) roots.push_back(*id);
    starts.all = start_jobs(graph, roots);
    return starts;
}

std::vector<std::string> describe_chain(const Graph& graph, const Deadlock& deadlock) {
    std::vector<std::string> lines;
    for (const Wait& wait : deadlock.chain) {
        std::string waiter = quoted(graph[wait.waiter].name), awaited = quoted(graph[wait.awaited].name);
        if (wait.by_gate) {
            const Need& need = graph[wait.waiter].needs[wait.index];
            lines.push_back(waiter + " asks " + need.target + " in probe " + quoted(need.probe) +
                            in_parentheses(need.probe_origin));
            lines.push_back("  which " + awaited + " answers" + in_parentheses(need.serves_origin));
        } else {
            lines.push_back(waiter + " starts after " + awaited +
                            in_parentheses(graph.edges()[wait.index].origin));
        }
    }
    return lines;
}

Diagnostics find_problems(const Graph& graph, std::span<const Spec> specs, bool knows_units) {
    SpecsByUnit by_unit;
    for (const Spec& spec : specs)
        by_unit.emplace(spec.unit.name, &spec);
    Starts starts = find_starts(graph, specs);
    Diagnostics found;
    report_deadlocks(graph, by_unit, starts.all, found);
    report_cycles(graph, by_unit, starts.all, found);
    report_servers(graph, by_unit, starts, found);
    if (knows_units) report_unknown_units(graph, specs, found);
    return found;
}

} // namespace unitgate
