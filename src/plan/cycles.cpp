// SPDX-License-Identifier: MIT
#include "plan/cycles.hpp"

#include <algorithm>
#include <optional>

#include "base/finding_codes.hpp"
#include "base/text.hpp"
#include "plan/waits.hpp"

namespace unitgate {

namespace {

// What a person or the boot asks systemd for: one transaction, whose root and what that requires are never
// dropped (transaction.c of systemd: "matters to the anchor").
struct Transaction {
    std::string when;
    std::vector<bool> has_job, required;
};

std::vector<Transaction> transactions(const Graph& graph) {
    std::vector<Transaction> all;
    auto add = [&](const char* root, const char* when) {
        if (const UnitId* id = graph.find(root); id && graph[*id].exists && !graph[*id].masked)
            all.push_back({when, start_jobs(graph, {*id}), required_jobs(graph, *id)});
    };
    add("default.target", "at boot");
    add("deploy.target", "on 'systemctl start deploy.target'");
    return all;
}

// The places in a spec where a name could be ordered after another.
std::optional<Place> place_of_ordering(const SpecsByUnit& specs, const std::string& unit,
                                       const Names UnitSection::*key, const std::string& other) {
    auto spec = specs.find(unit);
    if (spec == specs.end()) return {};
    for (const auto& name : spec->second->unit.*key)
        if (name.value == other) return name.place;
    return {};
}

std::optional<Place> place_of(const Graph& graph, const SpecsByUnit& specs, const std::vector<Wait>& circle) {
    for (const Wait& wait : circle) {
        const std::string &waiter = graph[wait.waiter].name, &awaited = graph[wait.awaited].name;
        if (auto after = place_of_ordering(specs, waiter, &UnitSection::after, awaited)) return after;
        if (auto before = place_of_ordering(specs, awaited, &UnitSection::before, waiter)) return before;
    }
    return {};
}

struct Outcome {
    bool refused = false;
    std::vector<std::string> notes;
};

Outcome outcome_of(const Graph& graph, const std::vector<Transaction>& transactions,
                   const std::vector<Wait>& circle) {
    Outcome outcome;
    std::vector<std::pair<std::string, std::vector<std::string>>> told; // when, droppable
    for (const Transaction& each : transactions) {
        std::vector<std::string> droppable;
        bool concerned = true;
        for (const Wait& wait : circle) {
            concerned = concerned && each.has_job[wait.waiter];
            if (!each.required[wait.waiter]) droppable.push_back(in_quotes(graph[wait.waiter].name));
        }
        if (!concerned) continue;
        outcome.refused = outcome.refused || droppable.empty();
        auto same =
            std::find_if(told.begin(), told.end(), [&](const auto& one) { return one.second == droppable; });
        if (same == told.end())
            told.emplace_back(each.when, std::move(droppable));
        else
            same->first += " and " + each.when;
    }
    for (const auto& [when, droppable] : told)
        outcome.notes.push_back(
            when + (droppable.empty() ? " systemd would refuse to start any of them"
                                      : " systemd would break it by silently dropping the start job of " +
                                            (droppable.size() > 1 ? "one of " + join(droppable, ", ") +
                                                                        ", whichever it comes upon first"
                                                                  : droppable[0])));
    if (told.empty()) {
        outcome.refused = true;
        outcome.notes.emplace_back("systemd would refuse to start the last of them while the others wait");
    }
    return outcome;
}

} // namespace

void report_cycles(const Graph& graph, const SpecsByUnit& specs, const std::vector<bool>& has_job,
                   Diagnostics& out) {
    const auto circles = find_gated_cycles(graph, has_job);
    if (circles.empty()) return;
    auto asked = transactions(graph);
    for (const auto& circle : circles) {
        Outcome outcome = outcome_of(graph, asked, circle);
        std::string names = in_quotes(graph[circle[0].waiter].name);
        for (const Wait& wait : circle)
            names += " after " + in_quotes(graph[wait.awaited].name);
        Diagnostic one = finding(place_of(graph, specs, circle).value_or(Place{}),
                                 outcome.refused ? "ordering-cycle" : "soft-cycle",
                                 "units are ordered in a circle: " + names, "drop one of these orderings");
        for (const Wait& wait : circle) {
            one.units.push_back(graph[wait.waiter].name);
            one.notes.push_back(in_quotes(graph[wait.waiter].name) + " starts after " +
                                in_quotes(graph[wait.awaited].name) +
                                in_parentheses(graph.edges()[wait.index].origin));
        }
        for (auto& note : outcome.notes)
            one.notes.push_back(std::move(note));
        out.push_back(std::move(one));
    }
}

} // namespace unitgate
