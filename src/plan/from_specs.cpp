// SPDX-License-Identifier: MIT
#include "plan/from_specs.hpp"

#include "plan/serves.hpp"

namespace unitgate {

namespace {

// What is said in a file keeps its path; that of one file is kept once.
class Origins {
  public:
    Origin at(const Place& place, std::string what) {
        if (!place.file) return {{}, place.line, std::move(what)};
        if (place.file != last_) {
            last_ = place.file;
            path_ = place.file->path;
        }
        return {path_, place.line, std::move(what)};
    }

  private:
    const SourceFile* last_ = nullptr;
    SharedText path_;
};

bool is_target(const std::string& name) {
    return name.ends_with(".target");
}

// The units that systemd relates every service to.
struct Defaults {
    UnitId sysinit, basic, online;
};

void add_unit(Graph& graph, const Spec& spec, const Defaults& defaults, Origins& origins) {
    UnitId id = graph.unit(spec.unit.name);
    graph[id].exists = graph[id].gated = true;
    auto add = [&](const Names& names, Relation relation, std::string_view key) {
        for (const auto& name : names)
            graph.add(id, relation, graph.unit(name.value),
                      origins.at(name.place, std::string(key) + " = " + name.value));
    };
    const UnitSection& unit = spec.unit;
    add(unit.after, Relation::after, "after");
    add(unit.requires_, Relation::requires_, "requires");
    add(unit.requisite, Relation::requisite, "requisite");
    add(unit.wants, Relation::wants, "wants");
    add(unit.binds_to, Relation::binds_to, "binds_to");
    add(unit.part_of, Relation::part_of, "part_of");
    auto add_reverse = [&](const Names& names, Relation relation, std::string_view key) {
        for (const auto& name : names)
            graph.add(graph.unit(name.value), relation, id,
                      origins.at(name.place, std::string(key) + " = " + name.value));
    };
    add_reverse(unit.before, Relation::after, "before");
    add_reverse(unit.wanted_by, Relation::wants, "wanted_by");
    add_reverse(unit.required_by, Relation::requires_, "required_by");
    for (const auto& name : unit.after)
        if (name.value == "network-online.target")
            graph.add(id, Relation::wants, defaults.online, origins.at(name.place, "after = " + name.value));
    for (UnitId target : {defaults.sysinit, defaults.basic})
        graph.add(id, Relation::after, target, {{}, 0, "by default"});
    graph.add(id, Relation::requires_, defaults.sysinit, {{}, 0, "by default"});
}

} // namespace

void add_specs(Graph& graph, std::span<const Spec> specs) {
    graph.reserve(specs.size(),
                  8 * specs.size()); // about: three defaults, a target and back, some of its own
    const Defaults defaults{graph.unit("sysinit.target"), graph.unit("basic.target"),
                            graph.unit("network-online.target")};
    Origins origins;
    for (const Spec& spec : specs)
        add_unit(graph, spec, defaults, origins);
    ServesIndex index(specs);
    for (const Spec& spec : specs) {
        UnitId id = graph.unit(spec.unit.name);
        auto need = [&](const Probe& probe, const std::string& server, bool until_active, Origin serves) {
            UnitId answering = graph.unit(server);
            graph[id].needs.push_back({answering, until_active, probe.name, probe_target(probe),
                                       origins.at(probe.place, {}), std::move(serves)});
        };
        for (const Probe& probe : spec.gate.probes) {
            // Where nobody answers, a probe that must fail passes; and of several one of which is enough, no
            // one alone keeps the gate closed.
            if (probe.must_fail || !spec.gate.needs(probe)) continue;
            if (const auto* unit = std::get_if<UnitProbe>(&probe.check)) need(probe, unit->unit, true, {});
            for (const Server& server : index.servers_of(probe))
                need(probe, server.spec->unit.name, false,
                     server.place.file ? origins.at(server.place, server.what)
                                       : Origin{server.spec->path, 0, server.what});
        }
    }
}

void add_target_ordering(Graph& graph, const std::vector<bool>& no_defaults) {
    auto refuses = [&](UnitId id) { return id < no_defaults.size() && no_defaults[id]; };
    std::size_t said = graph.edges().size(); // those added here bring no more
    for (std::size_t i = 0; i < said; ++i) {
        UnitId from = graph.edges()[i].from, to = graph.edges()[i].to;
        Relation relation = graph.edges()[i].relation;
        bool pulls = relation == Relation::wants || relation == Relation::requires_ ||
                     relation == Relation::binds_to || relation == Relation::requisite;
        if (!pulls || !is_target(graph[from].name) || refuses(from) || refuses(to) ||
            graph.has(to, Relation::after, from))
            continue;
        graph.add(from, Relation::after, to,
                  {{},
                   0,
                   "a target is ordered after what it " +
                       std::string(relation == Relation::wants ? "wants" : "requires")});
    }
}

} // namespace unitgate
