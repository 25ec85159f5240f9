// SPDX-License-Identifier: MIT
#include "systemd/offline_graph.hpp"

#include <unordered_set>

#include "plan/from_specs.hpp"
#include "systemd/implicit.hpp"

namespace unitgate {

namespace {

struct Key {
    std::string_view name;
    Relation relation;
    bool reversed = false; // Before=: the other unit is after this one
};
constexpr Key keys[] = {
    {"Unit.After", Relation::after},        {"Unit.Before", Relation::after, true},
    {"Unit.Requires", Relation::requires_}, {"Unit.Requisite", Relation::requisite},
    {"Unit.Wants", Relation::wants},        {"Unit.BindsTo", Relation::binds_to},
    {"Unit.PartOf", Relation::part_of},     {"Unit.Upholds", Relation::wants},
};

void relate(Graph& graph, UnitId unit, const Key& key, const UnitSetting& setting) {
    UnitId other = graph.unit(setting.value);
    Origin origin{setting.path, setting.line,
                  setting.line ? std::string(key.name.substr(5)) + "=" + setting.value
                               : "link to " + setting.value};
    graph.add(key.reversed ? other : unit, key.relation, key.reversed ? unit : other, std::move(origin));
}

// systemd makes a slice that is named and has no file.
bool is_slice(std::string_view name) {
    return name.ends_with(".slice");
}

class Reading {
  public:
    Reading(const UnitFiles& files, std::span<const Spec> specs) : files_(files) {
        std::unordered_set<std::string_view> deploy_units;
        for (const Spec& spec : specs)
            deploy_units.insert(spec.unit.name);
        for (const auto& name : files.names()) {
            // What unitgate made from a spec says no more than the spec, which may be newer.
            bool is_generated =
                deploy_units.contains(name) && files.is_in_generator_folder(files.path_of(name));
            auto file = files.load(name, !is_generated);
            if (!file) continue;
            if (file->name != name)
                graph.alias(name, graph.unit(file->name));
            else
                take(std::move(*file));
        }
        add_specs(graph, specs);
        for (std::size_t i = 0; i < loaded_.size(); ++i)
            add(loaded_[i]);
        // What is only named somewhere: instances of templates, units of specs that have drop-ins alone.
        for (UnitId id = 0; id < graph.size(); ++id) {
            if (id < seen_.size() && seen_[id]) continue;
            auto file = files_.load(graph[id].name);
            if (!file && is_slice(graph[id].name)) file.emplace().name = graph[id].name;
            if (file && file->name == graph[id].name) add(*file);
        }
        add_target_ordering(graph, no_defaults_);
    }

    Graph graph;

  private:
    void take(UnitFile file) {
        note_mount_point(file, mounts_);
        UnitId id = graph.unit(file.name);
        if (seen_.size() <= id) seen_.resize(id + 1);
        seen_[id] = true;
        loaded_.push_back(std::move(file));
    }

    void add(const UnitFile& file) {
        UnitId id = graph.unit(file.name);
        bool is_generated = graph[id].gated && files_.is_in_generator_folder(file.path);
        graph[id].exists = graph[id].exists || !file.path.empty() || (is_slice(file.name) && !file.masked);
        graph[id].masked = file.masked;
        if (refuses_defaults(file)) {
            if (no_defaults_.size() <= id) no_defaults_.resize(id + 1);
            no_defaults_[id] = true;
        }
        for (const Key& key : keys)
            for (const auto& setting : file.all(key.name))
                if (!is_generated_link(setting)) relate(graph, id, key, setting);
        if (!file.masked) add_implicit(graph, id, file, mounts_, file.path.empty() || is_generated);
    }

    bool is_generated_link(const UnitSetting& setting) const {
        if (setting.line > 0 || !files_.is_in_generator_folder(setting.path)) return false;
        const UnitId* id = graph.find(setting.value);
        return id && graph[*id].gated;
    }

    const UnitFiles& files_;
    std::vector<UnitFile> loaded_;
    std::vector<bool> seen_, no_defaults_; // by UnitId
    MountPoints mounts_;
};

} // namespace

Graph read_offline_graph(const UnitFiles& files, std::span<const Spec> specs) {
    return std::move(Reading(files, specs).graph);
}

} // namespace unitgate
