// SPDX-License-Identifier: MIT
#include "systemd/live_walk.hpp"

namespace unitgate {

std::set<std::string> roots_of(std::span<const Spec> specs) {
    std::set<std::string> roots(std::begin(boot_targets), std::end(boot_targets));
    for (const Spec& spec : specs) {
        roots.insert(spec.unit.name);
        const UnitSection& unit = spec.unit;
        for (const Names* names : {&unit.after, &unit.before, &unit.wants, &unit.requires_, &unit.requisite,
                                   &unit.binds_to, &unit.part_of, &unit.wanted_by, &unit.required_by})
            for (const auto& name : *names)
                roots.insert(name.value);
        for (const Probe& probe : spec.gate.probes)
            if (const auto* unit = std::get_if<UnitProbe>(&probe.check)) roots.insert(unit->unit);
    }
    return roots;
}

LiveWalk::LiveWalk(std::span<const Spec> specs, const std::vector<std::string>& more, Extent extent)
    : extent_(extent) {
    for (const auto& name : roots_of(specs))
        ask(name);
    for (const auto& name : more)
        ask(name);
    if (extent == Extent::whole) return;
    for (const Spec& spec : specs) {
        reach(spec.unit.name, Mark::waits);
        for (const Probe& probe : spec.gate.probes) // is it started at all?
            if (const auto* unit = std::get_if<UnitProbe>(&probe.check)) reach(unit->unit, Mark::is_needed);
    }
    for (const auto& name : more)
        reach(name, Mark::waits);
}

void LiveWalk::ask(const std::string& name) {
    if (asked_.insert(name).second) next_.push_back(name);
}

void LiveWalk::take(const std::string& name, const LiveUnit& unit) {
    asked_.insert(unit.names.begin(), unit.names.end());
    if (extent_ == Extent::whole) {
        for (const auto& [relation, others] : unit.others)
            for (const auto& other : others)
                ask(other);
        return;
    }
    for (const auto& own : unit.names)
        answers_[own] = {unit.later, unit.needed_by};
    // Reached before by one of its names: now it is known where that leads.
    bool waits = waits_.erase(name) > 0, is_needed = is_needed_.erase(name) > 0;
    for (const auto& own : unit.names) {
        waits = waits_.erase(own) > 0 || waits;
        is_needed = is_needed_.erase(own) > 0 || is_needed;
    }
    if (waits) reach(unit.names.front(), Mark::waits);
    if (is_needed) reach(unit.names.front(), Mark::is_needed);
}

void LiveWalk::reach(const std::string& first, Mark first_mark) {
    std::vector<std::pair<std::string, Mark>> open{{first, first_mark}};
    while (!open.empty()) {
        auto [name, mark] = std::move(open.back());
        open.pop_back();
        ask(name);
        if (!(mark == Mark::waits ? waits_ : is_needed_).insert(name).second) continue;
        auto answer = answers_.find(name);
        if (answer != answers_.end())
            for (const auto& other : mark == Mark::waits ? answer->second.later : answer->second.needed_by)
                open.emplace_back(other, mark);
        if (mark == Mark::waits) open.emplace_back(name, Mark::is_needed);
    }
}

} // namespace unitgate
