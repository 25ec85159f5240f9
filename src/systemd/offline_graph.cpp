// SPDX-License-Identifier: MIT
#include "systemd/offline_graph.hpp"

#include <set>
#include <utility>

#include "plan/from_specs.hpp"
#include "systemd/implicit.hpp"
#include "systemd/live_walk.hpp"

namespace unitgate {

namespace {

struct Dependency {
    UnitKey key;
    std::string_view name;
    Relation relation;
    bool reversed = false; // Before=: the other unit is after this one
};
constexpr Dependency dependencies[] = {
    {UnitKey::after, "After", Relation::after},
    {UnitKey::before, "Before", Relation::after, true},
    {UnitKey::requires_, "Requires", Relation::requires_},
    {UnitKey::requisite, "Requisite", Relation::requisite},
    {UnitKey::wants, "Wants", Relation::wants},
    {UnitKey::binds_to, "BindsTo", Relation::binds_to},
    {UnitKey::part_of, "PartOf", Relation::part_of},
    {UnitKey::upholds, "Upholds", Relation::wants},
};

void relate(Graph& graph, UnitId unit, const Dependency& kind, const UnitSetting& setting) {
    UnitId other = graph.unit(setting.value);
    std::string said(setting.line ? kind.name : "link to ");
    if (setting.line) said += '=';
    graph.add(kind.reversed ? other : unit, kind.relation, kind.reversed ? unit : other,
              {setting.path, setting.line, std::move(said += setting.value)});
}

// Reads what the specs name and what a boot starts, and on from there along all that brings a start job. What
// no job can come to orders nothing and is not read: of a usual host that is two units of three.
class Reading {
  public:
    Reading(const UnitFiles& files, std::span<const Spec> specs)
        : files_(files), mounts_(mount_points(files)) {
        graph.reserve(256 + specs.size(), 1024 + 8 * specs.size()); // a usual boot, and the specs
        take_aliases(specs);
        add_specs(graph, specs);
        for (const auto& name : roots_of(specs))
            want(graph.unit(name));
        // A folder of configuration alone, as it is laid over an image: any of its targets may be the boot's.
        if (!files.has_file("default.target"))
            for (const auto& name : files.that_pull_in())
                want(graph.unit(name));
        while (!open_.empty()) {
            UnitId id = open_.back();
            open_.pop_back();
            read(id);
            for (auto index : graph[id].edges)
                if (brings_job(graph.edges()[index].relation)) want(graph.edges()[index].to);
        }
        add_target_ordering(graph, no_defaults_);
    }

    Graph graph;

  private:
    // A link to nothing gives nothing a name.
    void take_aliases(std::span<const Spec> specs) {
        std::set<std::string_view> deploy_units;
        for (const Spec& spec : specs)
            deploy_units.insert(spec.unit.name);
        for (const auto& [name, unit] : files_.aliases())
            if (deploy_units.contains(unit) || files_.has_file(unit)) graph.alias(name, graph.unit(unit));
    }

    void want(UnitId id) {
        if (is_wanted_.size() <= id) is_wanted_.resize(id + 1);
        if (is_wanted_[id]) return;
        is_wanted_[id] = true;
        open_.push_back(id);
    }

    void read(UnitId id) {
        const std::string name = graph[id].name;
        // What unitgate made from a spec, or will make, says no more than the spec, which may be newer.
        bool is_generated = graph[id].gated &&
                            (!files_.has_file(name) || files_.is_in_generator_folder(files_.path_of(name)));
        auto file = files_.load(name, !is_generated);
        // systemd makes a slice that is named and has no file.
        bool is_slice = name.ends_with(".slice");
        if (!file && is_slice) file.emplace().name = name;
        if (!file) return;
        graph[id].exists = graph[id].exists || !file->path.empty() || (is_slice && !file->masked);
        graph[id].masked = file->masked;
        if (refuses_defaults(*file)) {
            if (no_defaults_.size() <= id) no_defaults_.resize(id + 1);
            no_defaults_[id] = true;
        }
        for (const Dependency& kind : dependencies)
            for (const UnitSetting& setting : file->settings)
                if (setting.key == kind.key && !is_generated_link(setting)) relate(graph, id, kind, setting);
        if (file->masked) return;
        add_implicit(graph, id, *file, mounts_, file->path.empty() || is_generated);
        // It gets its job later, and orders others then.
        if (auto triggered = triggered_by(*file); !triggered.empty()) want(graph.unit(triggered));
    }

    bool is_generated_link(const UnitSetting& setting) const {
        if (setting.line > 0 || !files_.is_in_generator_folder(setting.path.str())) return false;
        const UnitId* id = graph.find(setting.value);
        return id && graph[*id].gated;
    }

    const UnitFiles& files_;
    MountPoints mounts_;
    std::vector<bool> is_wanted_, no_defaults_; // by UnitId
    std::vector<UnitId> open_;                  // wanted and not read yet
};

} // namespace

Graph read_offline_graph(const UnitFiles& files, std::span<const Spec> specs) {
    return std::move(Reading(files, specs).graph);
}

} // namespace unitgate
