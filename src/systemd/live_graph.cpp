// SPDX-License-Identifier: MIT
#include "systemd/live_graph.hpp"

#include <algorithm>
#include <set>

#include "plan/from_specs.hpp"
#include "systemd/unit_files.hpp"

namespace unitgate {

namespace {

// All questions under way at once.
class Asking {
  public:
    Asking(Manager& manager, std::span<const Spec> specs, const std::vector<std::string>& more, Extent extent)
        : manager_(manager), walk_(specs, more, extent), in_detail_(roots_of(specs)) {
        go_on();
    }

    bool done() const { return open_ == 0; }
    const std::optional<BusError>& error() const { return error_; }

    // To be called once, at the end.
    LiveUnits units() {
        std::map<std::string, std::string> own;
        for (const auto& [name, unit] : units_)
            for (const auto& other : unit.names)
                own[other] = name;
        for (const auto& [name, properties] : details_)
            if (auto at = own.find(name); at != own.end()) add_details(units_[at->second], properties);
        return std::move(units_);
    }

  private:
    void go_on() {
        for (const auto& name : walk_.take_names()) {
            ++open_;
            manager_.properties(name, unit_interface, [this, name](BusResult<std::vector<BusProperty>> all) {
                --open_;
                if (!all) return failed(all.error());
                LiveUnit unit = live_unit(*all);
                if (unit.names.empty()) return;
                if (in_detail_.contains(name) && !is_all_in_its_file(unit)) ask_in_detail(name);
                walk_.take(name, unit);
                std::string own = unit.names[0];
                units_.insert_or_assign(std::move(own), std::move(unit));
                go_on();
            });
        }
    }

    // What our generator wrote and nothing adds to is in force as its file has it: the file tells the rest,
    // and a service's properties are the dearest question of all (some 300 of them, read from its control
    // group).
    static bool is_all_in_its_file(const LiveUnit& unit) {
        return unit.fragment_path.starts_with(generator_folder) && unit.drop_ins.empty() &&
               !unit.needs_reload;
    }

    void ask_in_detail(const std::string& name) {
        if (!name.ends_with(".service")) return;
        ++open_;
        manager_.properties(name, service_interface, [this, name](BusResult<std::vector<BusProperty>> all) {
            --open_;
            if (!all) return failed(all.error());
            details_[name] = std::move(*all);
        });
    }

    void failed(const BusError& error) {
        // A name that is no unit name: the finder says that there is no such unit.
        if (error.is_gone() && !error_) error_ = error;
    }

    Manager& manager_;
    LiveWalk walk_;
    std::set<std::string> in_detail_;
    std::size_t open_ = 0;
    LiveUnits units_;
    std::map<std::string, std::vector<BusProperty>> details_; // by the name that was asked for
    std::optional<BusError> error_;
};

// Units that another one of the specs, or a target that they name, pulls in.
std::set<std::string> needed_by_others(std::span<const Spec> specs) {
    std::set<std::string> needed;
    for (const Spec& spec : specs) {
        const UnitSection& unit = spec.unit;
        for (const Names* names : {&unit.wants, &unit.requires_, &unit.binds_to})
            for (const auto& name : *names)
                needed.insert(name.value);
        if (!unit.wanted_by.empty() || !unit.required_by.empty()) needed.insert(unit.name);
    }
    return needed;
}

// What the held units need, by what the manager says, and what that needs. Gives all that is kept.
std::set<std::string> count_needed_as_held(Manager& manager, const LiveUnits& units,
                                           const std::set<std::string>& held) {
    std::vector<std::string> open(held.begin(), held.end());
    std::set<std::string> kept(held);
    for (const auto& [own, unit] : units) // "default.target" is held by that name
        if (std::any_of(unit.names.begin(), unit.names.end(),
                        [&](const auto& name) { return held.contains(name); }) &&
            kept.insert(own).second)
            open.push_back(own);
    while (!open.empty()) {
        auto at = units.find(open.back());
        open.pop_back();
        if (at == units.end()) continue;
        for (const auto& [relation, others] : at->second.others)
            if (brings_job(relation))
                for (const auto& other : others)
                    if (kept.insert(other).second) {
                        manager.count_as_held(other);
                        open.push_back(other);
                    }
    }
    return kept;
}

// Else each question loads all that a unit depends on: a chain of 100 units costs 5,000 loads. One hold
// loads all that a unit needs in one go, and the manager announces what that changes only once. Gives the
// names that are held.
std::set<std::string> hold_roots(Manager& manager, std::span<const Spec> specs,
                                 const std::vector<std::string>& more) {
    std::set<std::string> held = roots_of(specs);
    held.insert(more.begin(), more.end());
    for (const auto& name : needed_by_others(specs))
        held.erase(name);
    for (const auto& name : held)
        manager.hold(name);
    return held;
}

Result<LiveUnits> ask_all(Event& event, Manager& manager, std::span<const Spec> specs,
                          const std::vector<std::string>& more, Extent extent,
                          const std::function<void()>& meanwhile) {
    Asking asking(manager, specs, more, extent);
    meanwhile();
    if (auto ran = event.run_until([&] { return asking.done(); }); !ran) return tl::unexpected(ran.error());
    if (asking.error())
        return tl::unexpected(asking.error()->as_error("cannot read the units of the service manager"));
    return asking.units();
}

} // namespace

Graph make_live_graph(const LiveUnits& units, std::span<const Spec> specs) {
    Graph graph;
    for (const auto& [own, unit] : units) {
        UnitId id = graph.unit(own);
        for (const auto& name : unit.names)
            if (name != own) graph.alias(name, id);
    }
    add_specs(graph, specs);
    for (const auto& [own, unit] : units) {
        UnitId id = graph.unit(own);
        graph[id].masked = unit.load_state == "masked";
        if (unit.load_state != "not-found" && !graph[id].masked) graph[id].exists = true;
        for (const auto& [relation, others] : unit.others)
            for (const auto& other : others)
                graph.add(
                    id, relation, graph.unit(other),
                    {unit.fragment_path, 0, std::string(relation_name(relation)) + "=" + other + " (live)"});
    }
    return graph;
}

Result<LiveUnits> read_live_units(Event& event, Manager& manager, std::span<const Spec> specs,
                                  const std::vector<std::string>& more, Extent extent,
                                  const std::function<void()>& meanwhile) {
    const std::set<std::string> held = hold_roots(manager, specs, more);
    if (extent == Extent::what_waits) {
        std::optional<bool> kept;
        manager.when_held([&](bool all) { kept = all; });
        if (auto ran = event.run_until([&] { return kept.has_value(); }); !ran)
            return tl::unexpected(ran.error());
        if (!*kept) extent = Extent::whole;
    }
    auto units = ask_all(event, manager, specs, more, extent, meanwhile);
    if (!units) return units;
    std::set<std::string> kept = count_needed_as_held(manager, *units, held);
    auto is_kept = [&](const std::string& name) { return kept.contains(name); };
    auto roots = roots_of(specs);
    if (extent == Extent::what_waits && !std::all_of(roots.begin(), roots.end(), is_kept)) {
        // Loaded for each question alone: nothing told of what it brings with it.
        units = ask_all(event, manager, specs, more, Extent::whole, [] {});
        if (units) count_needed_as_held(manager, *units, held);
    }
    return units;
}

Result<Graph> read_live_graph(Event& event, Manager& manager, std::span<const Spec> specs,
                              const std::vector<std::string>& more, Extent extent) {
    return read_live_units(event, manager, specs, more, extent).map([&](const LiveUnits& units) {
        return make_live_graph(units, specs);
    });
}

} // namespace unitgate
