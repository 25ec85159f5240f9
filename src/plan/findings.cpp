// SPDX-License-Identifier: MIT
#include "plan/findings.hpp"

#include <algorithm>
#include <tuple>

#include "base/finding_codes.hpp"
#include "plan/cycles.hpp"
#include "plan/finding_text.hpp"

namespace unitgate {

namespace {

const Probe* probe_named(const Spec& spec, std::string_view name) {
    for (const Probe& probe : spec.gate.probes)
        if (probe.name == name) return &probe;
    return nullptr;
}

Diagnostic at_probe(const Spec& spec, const Need& need, std::string_view code, std::string cause,
                    std::string remedy) {
    const Probe* probe = probe_named(spec, need.probe);
    Diagnostic one = finding(probe && probe->place.file ? probe->place : place_of(spec), code,
                             std::move(cause), std::move(remedy));
    one.units = {spec.unit.name};
    return one;
}

// The link that closes the circle is the ordering that could be dropped instead.
std::string cure(const Graph& graph, const Spec& spec, const Deadlock& deadlock) {
    std::string text = "probe what " + in_quotes(spec.unit.name) + " serves itself";
    if (!spec.serves.empty()) text += ", such as " + spec.serves.front().value;
    for (auto wait = deadlock.chain.rbegin(); wait != deadlock.chain.rend(); ++wait)
        if (!wait->by_gate) {
            const Edge& edge = graph.edges()[wait->index];
            text += "; or drop the ordering of " + in_quotes(graph[wait->waiter].name) + " after " +
                    in_quotes(graph[wait->awaited].name) + in_parentheses(edge.origin);
            break;
        }
    return text;
}

void report_deadlocks(const Graph& graph, const SpecsByUnit& specs, const std::vector<Deadlock>& deadlocks,
                      std::string_view code, Diagnostics& out) {
    for (const Deadlock& each : deadlocks) {
        auto spec = specs.find(graph[each.unit].name);
        if (spec == specs.end()) continue; // only specs have gates
        const Need& need = graph[each.unit].needs[each.need];
        auto one = at_probe(*spec->second, need, code,
                            "the gate of " + in_quotes(graph[each.unit].name) + " waits for " +
                                in_quotes(graph[need.server].name) +
                                ", which can only start once that gate has passed",
                            cure(graph, *spec->second, each));
        one.notes = describe_chain(graph, each);
        one.notes.push_back("on a cold boot the gate would wait out its deadline of " +
                            format_duration(spec->second->gate.deadline_for(true)) +
                            " and fail, however healthy the app is");
        out.push_back(std::move(one));
    }
}

std::vector<UnitId> boot_roots(const Graph& graph) {
    std::vector<UnitId> roots;
    for (auto name : boot_targets)
        if (const UnitId* id = graph.find(name)) roots.push_back(*id);
    return roots;
}

// What is started together: the boot and `deploy.target`, and, for what `unitgate start` without a NAME does,
// every spec's unit.
struct Starts {
    std::vector<bool> boot, all;
};

Starts find_starts(const Graph& graph, std::span<const Spec> specs) {
    auto roots = boot_roots(graph);
    Starts starts;
    starts.boot = start_jobs(graph, roots);
    for (const Spec& spec : specs)
        if (const UnitId* id = graph.find(spec.unit.name)) roots.push_back(*id);
    starts.all = start_jobs(graph, roots);
    return starts;
}

// Of other types there are units that no file makes: mounts, devices, slices, scopes.
bool has_a_file(std::string_view name) {
    static constexpr std::string_view types[] = {".service", ".target", ".socket", ".timer", ".path"};
    return std::any_of(std::begin(types), std::end(types), [&](auto type) { return name.ends_with(type); });
}

// Of a server that nothing starts.
std::string cure_of(const Unit& server, bool has_spec, const std::string& gated) {
    if (server.masked) return "systemctl unmask " + server.name;
    if (!server.exists) return "install it, or probe something else";
    const std::string start =
        has_spec ? "add wanted_by = [\"deploy.target\"] to its [unit]" : "systemctl enable " + server.name;
    return start + ", or let " + in_quotes(gated) + " want it";
}

void report_servers(const Graph& graph, const SpecsByUnit& specs, const Starts& starts, bool knows_units,
                    Diagnostics& out) {
    for (UnitId id = 0; id < graph.size(); ++id) {
        auto spec = specs.find(graph[id].name);
        if (spec == specs.end()) continue;
        const auto& jobs = starts.boot[id] ? starts.boot : starts.all;
        for (const Need& need : graph[id].needs) {
            const Unit& server = graph[need.server];
            if (jobs[need.server] || need.server == id || (!has_a_file(server.name) && !server.masked))
                continue;
            if (!server.exists && !server.masked && !knows_units)
                continue; // a `unit` probe of the host's own
            std::string why = server.masked    ? "is masked"
                              : !server.exists ? "does not exist"
                                               : "is started by nothing at boot";
            std::string remedy = cure_of(server, specs.contains(server.name), graph[id].name);
            std::string asks = need.until_active ? " waits until " + in_quotes(server.name) + " is active"
                                                 : " asks " + need.target + " of " + in_quotes(server.name);
            out.push_back(at_probe(*spec->second, need, "server-not-started",
                                   "probe " + in_quotes(need.probe) + asks + ", which " + why, remedy));
        }
    }
}

void report_unknown_units(const Graph& graph, std::span<const Spec> specs, Diagnostics& out) {
    struct Key {
        const char* name;
        Names UnitSection::*names;
        bool needed = false;
    };
    static constexpr Key keys[] = {
        {"after", &UnitSection::after},
        {"before", &UnitSection::before},
        {"wants", &UnitSection::wants},
        {"requires", &UnitSection::requires_, true},
        {"requisite", &UnitSection::requisite, true},
        {"binds_to", &UnitSection::binds_to, true},
        {"part_of", &UnitSection::part_of},
        {"wanted_by", &UnitSection::wanted_by},
        {"required_by", &UnitSection::required_by},
    };
    for (const Spec& spec : specs)
        for (const Key& key : keys)
            for (const auto& name : spec.unit.*key.names) {
                const UnitId* id = graph.find(name.value);
                if ((id && (graph[*id].exists || graph[*id].masked)) || !has_a_file(name.value)) continue;
                out.push_back(finding(
                    name.place.file ? name.place : place_of(spec), "unknown-unit",
                    std::string(key.name) + " names " + in_quotes(name.value) + ", and there is no such unit",
                    key.needed ? "correct the name, or install the unit; without it '" + spec.unit.name +
                                     "' cannot start"
                               : "correct the name, or install the unit; systemd ignores it silently"));
                out.back().units = {spec.unit.name};
            }
}

SpecsByUnit by_unit(std::span<const Spec> specs) {
    SpecsByUnit all;
    for (const Spec& spec : specs)
        all.emplace(spec.unit.name, &spec);
    return all;
}

// The same order whatever the graph was read from.
void sort_by_place(Diagnostics& all) {
    std::stable_sort(all.begin(), all.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::tie(a.path, a.line, a.column, a.code, a.cause) <
               std::tie(b.path, b.line, b.column, b.code, b.cause);
    });
}

} // namespace

std::vector<std::string> describe_chain(const Graph& graph, const Deadlock& deadlock) {
    std::vector<std::string> lines;
    for (const Wait& wait : deadlock.chain) {
        std::string waiter = in_quotes(graph[wait.waiter].name),
                    awaited = in_quotes(graph[wait.awaited].name);
        if (wait.by_gate) {
            const Need& need = graph[wait.waiter].needs[wait.index];
            if (need.until_active) {
                lines.push_back(waiter + " waits in probe " + in_quotes(need.probe) + " until " + awaited +
                                " is active" + in_parentheses(need.probe_origin));
                continue;
            }
            lines.push_back(waiter + " asks " + need.target + " in probe " + in_quotes(need.probe) +
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
    SpecsByUnit named = by_unit(specs);
    Starts starts = find_starts(graph, specs);
    Diagnostics found;
    report_deadlocks(graph, named, find_deadlocks(graph, starts.all), "gate-deadlock", found);
    report_cycles(graph, named, starts.all, found);
    report_servers(graph, named, starts, knows_units, found);
    if (knows_units) report_unknown_units(graph, specs, found);
    sort_by_place(found);
    return found;
}

Diagnostics find_listener_problems(Graph graph, std::span<const Spec> specs,
                                   std::span<const Listening> listening) {
    Starts starts = find_starts(graph, specs);
    // What the specs alone show is said already, as an error.
    auto known = find_deadlocks(graph, starts.all);
    auto is_known = [&](UnitId unit, UnitId server) {
        return std::any_of(known.begin(), known.end(), [&](const Deadlock& one) {
            return one.unit == unit && graph[unit].needs[one.need].server == server;
        });
    };
    std::vector<std::size_t> said(graph.size()); // how many needs the specs have
    for (UnitId id = 0; id < graph.size(); ++id)
        said[id] = graph[id].needs.size();
    for (const Listening& each : listening) {
        const UnitId *unit = graph.find(each.spec->unit.name), *server = graph.find(each.unit);
        if (!unit || !server || *unit == *server || is_known(*unit, *server)) continue;
        graph[*unit].needs.push_back(
            {*server,
             false,
             each.probe->name,
             each.address,
             {each.spec->path, each.probe->place.line, {}},
             {{}, 0, "process " + std::to_string(each.process) + " listens there now"}});
    }
    auto deadlocks = find_deadlocks(graph, starts.all);
    std::erase_if(deadlocks, [&](const Deadlock& one) { return one.need < said[one.unit]; });
    Diagnostics found;
    report_deadlocks(graph, by_unit(specs), deadlocks, "listener-deadlock", found);
    sort_by_place(found);
    return found;
}

} // namespace unitgate
