// SPDX-License-Identifier: MIT
#include "app/selection.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "app/generate.hpp"
#include "app/live_view.hpp"
#include "app/output.hpp"
#include "app/target.hpp"
#include "base/text.hpp"
#include "plan/findings.hpp"
#include "plan/order.hpp"
#include "spec/names.hpp"
#include "systemd/live_graph.hpp"
#include "systemd/unit_findings.hpp"

namespace unitgate {

namespace {

bool has_name(const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// What a wish says of the others, from the graph's own edges.
Wish wish_for(const Graph& graph, UnitId id, const std::set<std::string>& units) {
    Wish wish;
    wish.unit = graph[id].name;
    for (auto index : graph[id].edges) {
        const Edge& edge = graph.edges()[index];
        const std::string& other = graph[edge.to].name;
        if (edge.relation == Relation::after && units.contains(other)) wish.after.push_back(other);
        if (edge.relation == Relation::requires_ || edge.relation == Relation::requisite ||
            edge.relation == Relation::binds_to)
            wish.requires_.push_back(other);
    }
    return wish;
}

// What a start job really brings: as the manager has the unit, which may differ from what a spec says by now.
void add_pulls(std::vector<Wish>& wishes, const LiveUnits& live) {
    for (Wish& wish : wishes)
        if (auto unit = live.find(wish.unit); unit != live.end())
            for (const auto& [relation, others] : unit->second.others)
                if (relation == Relation::requires_ || relation == Relation::binds_to)
                    wish.pulls_in.insert(wish.pulls_in.end(), others.begin(), others.end());
}

// Units of `chosen` in the order of the graph's waves; those on an ordering cycle come last.
std::vector<Wish> in_order(const Graph& graph, const std::set<std::string>& chosen) {
    std::vector<UnitId> roots;
    for (const auto& unit : chosen)
        if (const UnitId* id = graph.find(unit)) roots.push_back(*id);
    auto jobs = start_jobs(graph, roots);
    std::vector<Wish> wishes;
    std::set<std::string> left = chosen;
    for (const auto& wave : find_waves(graph, jobs))
        for (UnitId id : wave)
            if (left.erase(graph[id].name)) wishes.push_back(wish_for(graph, id, chosen));
    for (const auto& unit : left)
        if (const UnitId* id = graph.find(unit)) wishes.push_back(wish_for(graph, *id, chosen));
    return wishes;
}

// A stop goes on to what requires, is bound to or is part of a unit (systemd.unit(5)).
void add_taken_down(const Graph& graph, std::set<std::string>& chosen) {
    std::vector<std::vector<UnitId>> takes_down(graph.size());
    for (const Edge& edge : graph.edges())
        if (edge.relation != Relation::after && edge.relation != Relation::wants)
            takes_down[edge.to].push_back(edge.from);
    std::vector<UnitId> todo;
    for (const auto& unit : chosen)
        if (const UnitId* id = graph.find(unit)) todo.push_back(*id);
    while (!todo.empty()) {
        UnitId id = todo.back();
        todo.pop_back();
        for (UnitId other : takes_down[id])
            if (chosen.insert(graph[other].name).second) todo.push_back(other);
    }
}

void add_pulled_in(const Graph& graph, std::span<const Spec> specs, std::set<std::string>& chosen) {
    std::vector<UnitId> roots;
    for (const auto& unit : chosen)
        if (const UnitId* id = graph.find(unit)) roots.push_back(*id);
    auto jobs = start_jobs(graph, roots);
    for (const Spec& spec : specs)
        if (const UnitId* id = graph.find(spec.unit.name); id && jobs[*id]) chosen.insert(spec.unit.name);
}

Result<std::vector<std::string>> units_of_target(Session& session) {
    std::optional<BusResult<std::vector<BusProperty>>> all;
    session.manager().properties("deploy.target", unit_interface, [&](auto got) { all = std::move(got); });
    if (auto ran = session.event().run_until([&] { return all.has_value(); }); !ran)
        return tl::unexpected(ran.error());
    if (!*all) return tl::unexpected(all->error().as_error("cannot read 'deploy.target'"));
    std::vector<std::string> units;
    for (const auto& [name, value] : **all)
        if (const auto* texts = std::get_if<std::vector<std::string>>(&value); texts && name == "Wants")
            for (const auto& unit : *texts)
                if (unit.ends_with(".service")) units.push_back(unit);
    return units;
}

// Another host: its specs are there. Its units are what can be known of them from here.
Result<Selection> select_elsewhere(Session& session, const Invocation& invocation) {
    std::vector<std::string> units;
    for (const auto& name : invocation.arguments)
        units.push_back(name.find('.') == std::string::npos ? "deploy-" + name + ".service" : name);
    if (units.empty()) {
        auto all = units_of_target(session);
        if (!all) return tl::unexpected(all.error());
        units = std::move(*all);
    }
    if (units.empty())
        return fail("'deploy.target' wants no service" + session.manager().target().text(),
                    "name the deploy units to start");
    auto graph = read_live_graph(session.event(), session.manager(), {}, units, Extent::what_waits);
    if (!graph) return tl::unexpected(graph.error());
    Selection selection;
    std::set<std::string> chosen;
    for (const auto& unit : units)
        chosen.insert((*graph)[graph->unit(unit)].name); // an alias gives way to the unit's own name
    selection.wishes = in_order(*graph, chosen);
    selection.named = std::move(chosen);
    return selection;
}

// A folder of the search path that is not there, or can't be read.
std::optional<Error> folder_error(const LoadedSpecs& loaded, const Invocation& invocation) {
    const auto& folders = invocation.specs.folders;
    for (const auto& one : loaded.diagnostics)
        if (std::find(folders.begin(), folders.end(), one.path) != folders.end())
            return Error{"'" + one.path + "': " + one.cause, one.remedy, 0};
    return std::nullopt;
}

void add_problems(Selection& selection, const Graph& graph, const std::set<std::string>& chosen) {
    const LoadedSpecs& loaded = selection.loaded;
    std::set<std::string> paths; // whose findings matter to what is started
    for (const Spec& spec : loaded.specs)
        if (chosen.contains(spec.unit.name))
            for (const auto& source : spec.sources)
                paths.insert(source->path);
    for (auto& one : find_problems(graph, loaded.specs, true))
        if (one.path.empty() || paths.contains(one.path)) selection.problems.push_back(std::move(one));
}

// The units in force against those that the specs make. They start all the same, so each is a warning here.
Status add_unit_problems(Selection& selection, const UnitFiles& files, const LiveUnits& live,
                         const Invocation& invocation, const std::set<std::string>& chosen) {
    auto context = unit_context(invocation.spec_folders);
    if (!context) return tl::unexpected(context.error());
    std::vector<Spec> specs;
    for (const Spec& spec : selection.loaded.specs)
        if (chosen.contains(spec.unit.name)) specs.push_back(spec);
    bool expects_units = invocation.spec_folders.empty() && is_booted();
    for (auto& one : find_unit_problems(specs, {files, *context, expects_units, &live})) {
        if (!one.code.starts_with("unit-")) continue;
        one.severity = Severity::warning;
        selection.problems.push_back(std::move(one));
    }
    return {};
}

} // namespace

const Spec* Selection::spec_of(const std::string& unit) const {
    for (const Spec& spec : loaded.specs)
        if (spec.unit.name == unit) return &spec;
    return nullptr;
}

Result<Selection> select_units(Session& session, const Invocation& invocation, Reach reach) {
    if (session.manager().target().where != BusTarget::Where::local)
        return select_elsewhere(session, invocation);
    Selection selection;
    selection.loaded = load_specs(invocation.specs);
    LoadedSpecs& loaded = selection.loaded;
    std::set<std::string> chosen;
    for (const Spec& spec : loaded.specs)
        if (has_name(invocation.arguments, spec.name)) chosen.insert(spec.unit.name);
    // A bad spec has a unit too, whose start fails with the reason.
    std::set<std::string> bad_paths;
    for (const auto& broken : loaded.broken)
        if (has_name(invocation.arguments, broken.name)) {
            if (!broken.unit_name.empty())
                chosen.insert(broken.unit_name);
            else if (!invocation.arguments.empty())
                return fail("the spec '" + broken.name + "' has no unit: another spec took its name",
                            "'unitgate verify' shows which");
            bad_paths.insert(broken.path);
        }
    for (const auto& name : invocation.arguments) {
        bool known =
            loaded.find(name) || std::any_of(loaded.broken.begin(), loaded.broken.end(),
                                             [&](const auto& broken) { return broken.name == name; });
        if (known) continue;
        if (auto why = folder_error(loaded, invocation)) return tl::unexpected(*why);
        return tl::unexpected(no_such_spec(name, loaded, invocation.specs.folders));
    }
    if (chosen.empty()) {
        if (auto why = folder_error(loaded, invocation)) return tl::unexpected(*why);
        return fail("no spec in '" + join(invocation.specs.folders, "', '") + "'",
                    "write one, see unitgate.toml(5)");
    }
    for (const auto& one : loaded.diagnostics)
        if (one.severity == Severity::error &&
            (invocation.arguments.empty() ||
             std::any_of(bad_paths.begin(), bad_paths.end(),
                         [&](const auto& path) { return one.path.starts_with(path); })))
            selection.problems.push_back(one);

    // Only the files of the system's units are known here.
    const bool has_files = reach == Reach::pulled_in && session.manager().target().is_local_system();
    std::optional<UnitFiles> files;
    for (const auto& unit : chosen) // what is read for the findings is read for the follower too
        session.manager().follow_what_is_asked(unit);
    auto live = read_live_units(session.event(), session.manager(), loaded.specs,
                                {chosen.begin(), chosen.end()}, Extent::what_waits, [&] {
                                    if (has_files) files.emplace("");
                                });
    if (!live) return tl::unexpected(live.error());
    const Graph graph = make_live_graph(*live, loaded.specs);
    selection.named = chosen;
    if (reach == Reach::pulled_in) add_pulled_in(graph, loaded.specs, chosen);
    if (reach == Reach::taken_down) add_taken_down(graph, chosen);
    add_problems(selection, graph, chosen);
    if (has_files)
        if (Status looked = add_unit_problems(selection, *files, *live, invocation, chosen); !looked)
            return tl::unexpected(looked.error());
    selection.wishes = in_order(graph, chosen);
    add_pulls(selection.wishes, *live);
    return selection;
}

int with_selection(const Invocation& invocation, Reach reach,
                   const std::function<int(Session& session, const Selection& selection)>& work) {
    auto target = bus_target(invocation);
    if (!target) {
        print_error(target.error());
        return exit_usage;
    }
    auto session = Session::connect(*target, Road::direct);
    if (!session) return failed(session.error());
    auto selection = select_units(**session, invocation, reach);
    if (!selection) return failed(selection.error());
    return work(**session, *selection);
}

} // namespace unitgate
