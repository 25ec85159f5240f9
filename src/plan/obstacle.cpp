// SPDX-License-Identifier: MIT
#include "plan/obstacle.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "plan/finding_text.hpp"
#include "plan/findings.hpp"
#include "plan/from_specs.hpp"
#include "plan/waits.hpp"

namespace unitgate {

namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// "LINE; LINE, which ...": the lines of a chain as one clause.
std::string in_one_line(const std::vector<std::string>& chain) {
    std::string text;
    for (const std::string& line : chain)
        text += text.empty() ? line : (line.starts_with("  ") ? ", " : "; ") + std::string(trim(line));
    return text;
}

bool waits(const JobsNow& now, const std::string& unit) {
    return std::any_of(now.waits.begin(), now.waits.end(),
                       [&](const QueuedWait& wait) { return wait.waiter == unit; });
}

// Units whose start waits; a target answers nobody.
std::vector<std::string> waiting_units(const JobsNow& now) {
    std::vector<std::string> names;
    for (const QueuedWait& wait : now.waits)
        if (!wait.waiter.ends_with(".target") && !holds(names, wait.waiter)) names.push_back(wait.waiter);
    return names;
}

} // namespace

ObstacleFinder::ObstacleFinder(std::span<const Spec> specs, const Spec& gated) {
    add_specs(said_, specs);
    own_ = said_.unit(gated.unit.name);
    for (const Need& need : said_[own_].needs)
        if (const std::string& name = said_[need.server].name; need.server != own_ && !holds(servers_, name))
            servers_.push_back(name);
}

// Only what the manager has queued counts as an ordering: a spec may have been edited since its unit was
// loaded. What the specs say gives those orderings their file and line.
Graph ObstacleFinder::queue_graph(const JobsNow& now, std::vector<bool>& has_job) const {
    Graph graph;
    std::vector<UnitId> with_job{graph.unit(said_[own_].name)};
    for (const auto& [waiter, awaited] : now.waits) {
        Origin origin{{}, 0, "its start job waits for that of " + in_quotes(awaited)};
        if (const UnitId* from = said_.find(waiter), *to = said_.find(awaited); from && to)
            for (auto index : said_[*from].edges)
                if (const Edge& edge = said_.edges()[index];
                    edge.to == *to && edge.relation == Relation::after && !edge.origin.path.empty())
                    origin = edge.origin;
        with_job.push_back(graph.unit(waiter));
        with_job.push_back(graph.unit(awaited));
        graph.add(graph.unit(waiter), Relation::after, graph.unit(awaited), std::move(origin));
    }
    for (const auto& [name, server] : now.servers)
        if (UnitId id = graph.unit(name); server.has_job) with_job.push_back(id);
    for (UnitId id = 0; id < graph.size(); ++id) {
        const UnitId* said = said_.find(graph[id].name);
        if (!said) continue;
        for (const Need& need : said_[*said].needs) {
            const UnitId* server = graph.find(said_[need.server].name);
            if (!server) continue;
            // An app outlives its unit's restart, so what was active may answer all along; a unit does not,
            // so a `unit` probe waits for that job whatever was before.
            auto state = now.servers.find(said_[need.server].name);
            if (!need.until_active && (state == now.servers.end() || state->second.was_active)) continue;
            graph[id].needs.push_back(need);
            graph[id].needs.back().server = *server;
        }
    }
    has_job.assign(graph.size(), false);
    for (UnitId id : with_job)
        has_job[id] = true;
    return graph;
}

Obstacle ObstacleFinder::deadlock(const std::vector<std::string>& failing, const JobsNow& now) const {
    std::vector<bool> has_job;
    Graph graph = queue_graph(now, has_job);
    const UnitId own = *graph.find(said_[own_].name);
    for (const Deadlock& one : find_deadlocks(graph, has_job)) {
        if (one.unit != own) continue;
        const Need& need = graph[own].needs[one.need];
        if (!holds(failing, need.probe)) continue;
        const std::string& server = graph[need.server].name;
        return {Obstacle::Kind::deadlock, need.probe, server,
                "the gate waits for " + in_quotes(server) +
                    ", which can only start once this unit is up: " + in_one_line(describe_chain(graph, one)),
                server + " waits for this unit"};
    }
    return {};
}

Obstacle ObstacleFinder::of_server(const Need& need, const JobsNow& now) const {
    const std::string& name = said_[need.server].name;
    auto at = now.servers.find(name);
    if (need.server == own_ || at == now.servers.end()) return {};
    const ServerNow& server = at->second;
    const std::string asked =
        in_quotes(name) + (need.until_active ? "" : ", which answers " + need.target + ",");
    auto obstacle = [&](Obstacle::Kind kind, const std::string& what) {
        return Obstacle{kind, need.probe, name, asked + " " + what, name + " " + what};
    };
    if (waits(now, name)) return obstacle(Obstacle::Kind::server_waits, "waits for this unit to be up");
    if (server.has_job) return {};
    if (server.active_state == "failed") return obstacle(Obstacle::Kind::server_failed, "has failed");
    if (server.load_state == "masked") return obstacle(Obstacle::Kind::server_idle, "is masked");
    if (server.load_state == "not-found") return obstacle(Obstacle::Kind::server_idle, "does not exist");
    if (server.active_state != "inactive") return {};
    return obstacle(Obstacle::Kind::server_idle, server.file_state == "disabled"
                                                     ? "is not enabled, and nothing starts it"
                                                     : "is inactive, and nothing starts it");
}

Obstacle ObstacleFinder::find(const std::vector<std::string>& failing, const JobsNow& now) const {
    Obstacle gravest = deadlock(failing, now);
    if (gravest.kind != Obstacle::Kind::none) return gravest;
    std::vector<std::string> answered; // probes with a known server
    for (const Need& need : said_[own_].needs) {
        answered.push_back(need.probe);
        if (!holds(failing, need.probe)) continue;
        Obstacle one = of_server(need, now);
        if (one.kind != Obstacle::Kind::none &&
            (gravest.kind == Obstacle::Kind::none || one.kind < gravest.kind))
            gravest = std::move(one);
    }
    if (gravest.kind != Obstacle::Kind::none) return gravest;
    auto unknown = std::find_if(failing.begin(), failing.end(),
                                [&](const std::string& probe) { return !holds(answered, probe); });
    std::vector<std::string> waiting = waiting_units(now);
    if (unknown == failing.end() || waiting.empty()) return {};
    return {
        Obstacle::Kind::unknown_server,
        *unknown,
        {},
        "no spec says who answers probe " + in_quotes(*unknown) +
            "; it may be one of those whose start waits for this unit: " + some_of(each_in_quotes(waiting)),
        {}};
}

} // namespace unitgate
