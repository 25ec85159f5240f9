// SPDX-License-Identifier: MIT
#include "systemd/live_graph.hpp"

#include <algorithm>
#include <set>

#include "plan/from_specs.hpp"
#include "systemd/unit_files.hpp"

namespace unitgate {

namespace {

struct Key {
    std::string_view property;
    Relation relation;
};
// Before= needs no reading: the manager keeps After= of the other unit beside it.
constexpr Key keys[] = {
    {"After", Relation::after},   {"Requires", Relation::requires_}, {"Requisite", Relation::requisite},
    {"Wants", Relation::wants},   {"BindsTo", Relation::binds_to},   {"PartOf", Relation::part_of},
    {"Upholds", Relation::wants},
};

// Breadth first, all questions under way at once.
class Walk {
  public:
    explicit Walk(Manager& manager) : manager_(manager) {}

    void want_details(const std::string& name) { wanted_details_.insert(name); }

    void visit(const std::string& name) {
        if (!asked_.insert(name).second) return;
        ++open_;
        manager_.properties(name, unit_interface, [this, name](BusResult<std::vector<BusProperty>> all) {
            --open_;
            if (!all) return failed(all.error());
            LiveUnit unit = live_unit(*all);
            if (unit.names.empty()) return;
            std::string own = unit.names[0];
            if (wanted_details_.contains(name) && !is_all_in_its_file(unit)) ask_in_detail(name);
            asked_.insert(unit.names.begin(), unit.names.end());
            for (const auto& [relation, others] : unit.others)
                for (const auto& other : others)
                    visit(other);
            units_.insert_or_assign(own, std::move(unit));
        });
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

    static void add_details(LiveUnit& unit, const std::vector<BusProperty>& properties) {
        UnitState state;
        update(state, properties);
        unit.start_timeout = state.start_timeout;
        for (const auto& [name, value] : properties)
            if (const auto* text = std::get_if<std::string>(&value); text && name == "Type")
                unit.type = *text;
    }

    Manager& manager_;
    std::size_t open_ = 0;
    std::set<std::string> asked_;
    std::set<std::string> wanted_details_;
    LiveUnits units_;
    std::map<std::string, std::vector<BusProperty>> details_; // by the name that was asked for
    std::optional<BusError> error_;
};

std::set<std::string> roots_of(std::span<const Spec> specs) {
    std::set<std::string> roots{"default.target", "deploy.target"};
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

// What the held units need, by what the manager says, and what that needs.
void count_needed_as_held(Manager& manager, const LiveUnits& units, const std::set<std::string>& held) {
    std::vector<std::string> open(held.begin(), held.end());
    std::set<std::string> kept(held);
    while (!open.empty()) {
        auto at = units.find(open.back());
        open.pop_back();
        if (at == units.end()) continue;
        for (const auto& [relation, others] : at->second.others)
            if (relation == Relation::wants || relation == Relation::requires_ ||
                relation == Relation::binds_to)
                for (const auto& other : others)
                    if (kept.insert(other).second) {
                        manager.count_as_held(other);
                        open.push_back(other);
                    }
    }
}

} // namespace

LiveUnit live_unit(const std::vector<BusProperty>& properties) {
    LiveUnit unit;
    std::string id;
    for (const auto& [name, value] : properties) {
        if (const auto* text = std::get_if<std::string>(&value)) {
            if (name == "Id") id = *text;
            if (name == "LoadState") unit.load_state = *text;
            if (name == "FragmentPath") unit.fragment_path = *text;
        } else if (const auto* flag = std::get_if<bool>(&value)) {
            if (name == "NeedDaemonReload") unit.needs_reload = *flag;
        } else if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
            if (name == "Names") unit.names = *texts;
            if (name == "DropInPaths") unit.drop_ins = *texts;
            for (const Key& key : keys)
                if (key.property == name) unit.others.emplace_back(key.relation, *texts);
        }
    }
    if (id.empty()) return {};
    std::erase(unit.names, id);
    unit.names.insert(unit.names.begin(), id);
    return unit;
}

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
                                  const std::vector<std::string>& more) {
    Walk walk(manager);
    const std::set<std::string> roots = roots_of(specs);
    // Else each question loads all that a unit depends on: a chain of 100 units costs 5,000 loads. One hold
    // loads all that a unit needs in one go, and the manager announces what that changes only once.
    std::set<std::string> held = roots;
    held.insert(more.begin(), more.end());
    for (const auto& name : needed_by_others(specs))
        held.erase(name);
    for (const auto& name : held)
        manager.hold(name);
    for (const auto& name : roots) {
        walk.want_details(name);
        walk.visit(name);
    }
    for (const auto& name : more)
        walk.visit(name);
    if (auto ran = event.run_until([&] { return walk.done(); }); !ran) return tl::unexpected(ran.error());
    if (walk.error())
        return tl::unexpected(walk.error()->as_error("cannot read the units of the service manager"));
    LiveUnits units = walk.units();
    count_needed_as_held(manager, units, held);
    return units;
}

Result<Graph> read_live_graph(Event& event, Manager& manager, std::span<const Spec> specs,
                              const std::vector<std::string>& more) {
    return read_live_units(event, manager, specs, more).map([&](const LiveUnits& units) {
        return make_live_graph(units, specs);
    });
}

} // namespace unitgate
