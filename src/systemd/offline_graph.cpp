// SPDX-License-Identifier: MIT
#include "systemd/offline_graph.hpp"

#include <algorithm>

#include "plan/from_specs.hpp"

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

// What DefaultDependencies=yes brings to the types that matter for a boot's order (systemd.service(5),
// systemd.socket(5), systemd.timer(5), systemd.path(5)); targets have a pass of their own.
struct Default {
    std::string_view type;
    std::string_view unit;
    Relation relation;
    bool reversed = false;
};
constexpr Default defaults[] = {
    {".service", "sysinit.target", Relation::requires_}, {".service", "sysinit.target", Relation::after},
    {".service", "basic.target", Relation::after},       {".socket", "sysinit.target", Relation::requires_},
    {".socket", "sysinit.target", Relation::after},      {".socket", "sockets.target", Relation::after, true},
    {".timer", "sysinit.target", Relation::requires_},   {".timer", "sysinit.target", Relation::after},
    {".timer", "timers.target", Relation::after, true},  {".path", "sysinit.target", Relation::requires_},
    {".path", "sysinit.target", Relation::after},        {".path", "paths.target", Relation::after, true},
};

bool is_no(std::string_view value) {
    return value == "no" || value == "false" || value == "off" || value == "0";
}

void relate(Graph& graph, UnitId unit, Relation relation, bool reversed, UnitId other, Origin origin) {
    if (reversed)
        graph.add(other, relation, unit, std::move(origin));
    else
        graph.add(unit, relation, other, std::move(origin));
}

void add_unit_file(Graph& graph, UnitId id, const UnitFile& file) {
    graph[id].exists = graph[id].exists || !file.path.empty();
    graph[id].masked = file.masked;
    for (const Key& key : keys)
        for (const auto& setting : file.all(key.name))
            relate(graph, id, key.relation, key.reversed, graph.unit(setting.value),
                   {setting.path, setting.line,
                    setting.line ? std::string(key.name.substr(5)) + "=" + setting.value
                                 : "link to " + setting.value});
    if (file.masked || file.path.empty() || is_no(file.last("Unit.DefaultDependencies"))) return;
    for (const Default& each : defaults)
        if (file.name.ends_with(each.type))
            relate(graph, id, each.relation, each.reversed, graph.unit(each.unit),
                   {{}, 0, "default dependency"});
}

} // namespace

Graph read_offline_graph(const UnitFiles& files, std::span<const Spec> specs) {
    Graph graph;
    std::vector<UnitFile> loaded;
    for (const auto& name : files.names()) {
        auto file = files.load(name);
        if (!file) continue;
        if (file->name != name)
            graph.alias(name, graph.unit(file->name));
        else
            loaded.push_back(std::move(*file));
    }
    add_specs(graph, specs);
    std::vector<bool> no_defaults;
    for (const UnitFile& file : loaded) {
        UnitId id = graph.unit(file.name);
        add_unit_file(graph, id, file);
        if (no_defaults.size() < graph.size()) no_defaults.resize(graph.size());
        no_defaults[id] = is_no(file.last("Unit.DefaultDependencies"));
    }
    add_target_ordering(graph, no_defaults);
    return graph;
}

} // namespace unitgate
