// SPDX-License-Identifier: MIT
#include "plan/waits.hpp"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

namespace unitgate {

namespace {

// Nodes 2u (the job of u has begun) and 2u + 1 (it is done).
using Node = std::uint32_t;
constexpr Node begun(UnitId id) {
    return 2 * id;
}
constexpr Node done(UnitId id) {
    return 2 * id + 1;
}

struct Link {
    Node to;
    bool inner; // done(u) waits for begun(u): no Wait of its own
    Wait wait;
};

using Links = std::vector<std::vector<Link>>;

Links links_of(const Graph& graph, const std::vector<bool>& has_job, bool with_gates) {
    Links links(std::size_t{2} * graph.size());
    for (UnitId id = 0; id < graph.size(); ++id) {
        if (!has_job[id]) continue;
        links[done(id)].push_back({begun(id), true, {}});
        for (auto index : graph[id].edges) {
            const Edge& edge = graph.edges()[index];
            if (edge.relation == Relation::after && has_job[edge.to])
                links[begun(id)].push_back({done(edge.to), false, {id, edge.to, false, index}});
        }
        if (!with_gates) continue;
        const auto& needs = graph[id].needs;
        for (std::size_t i = 0; i < needs.size(); ++i)
            // Its own app has begun by the time its gate runs; a server without a job is no wait but a
            // finding.
            if (has_job[needs[i].server] && (needs[i].server != id || needs[i].until_active))
                links[done(id)].push_back(
                    {needs[i].until_active ? done(needs[i].server) : begun(needs[i].server),
                     false,
                     {id, needs[i].server, true, i}});
    }
    return links;
}

bool has_needs(const Graph& graph) {
    for (UnitId id = 0; id < graph.size(); ++id)
        if (!graph[id].needs.empty()) return true;
    return false;
}

// Strongly connected components (Tarjan), without recursion: a chain may be as long as the host has units.
std::vector<std::uint32_t> components_of(const Links& links) {
    constexpr auto unseen = std::numeric_limits<std::uint32_t>::max();
    auto count = static_cast<Node>(links.size());
    std::vector<std::uint32_t> order(count, unseen), low(count, 0), component(count, unseen);
    std::vector<Node> stack;
    std::vector<std::pair<Node, std::size_t>> path;
    std::uint32_t next_order = 0, next_component = 0;
    for (Node root = 0; root < count; ++root) {
        if (order[root] != unseen) continue;
        path.push_back({root, 0});
        while (!path.empty()) {
            auto& [node, at] = path.back();
            if (at == 0) {
                order[node] = low[node] = next_order++;
                stack.push_back(node);
            }
            if (at < links[node].size()) {
                Node to = links[node][at++].to;
                if (order[to] == unseen)
                    path.push_back({to, 0});
                else if (component[to] == unseen)
                    low[node] = std::min(low[node], order[to]);
                continue;
            }
            Node finished = node;
            path.pop_back();
            if (low[finished] == order[finished]) {
                Node member;
                do {
                    member = stack.back();
                    stack.pop_back();
                    component[member] = next_component;
                } while (member != finished);
                ++next_component;
            }
            if (!path.empty()) low[path.back().first] = std::min(low[path.back().first], low[finished]);
        }
    }
    return component;
}

// Links by the name of the unit waited for, so that what is told depends on no order of reading.
std::vector<const Link*> in_order_of_names(const Graph& graph, const std::vector<Link>& links) {
    std::vector<const Link*> sorted;
    for (const Link& link : links)
        sorted.push_back(&link);
    std::stable_sort(sorted.begin(), sorted.end(), [&](const Link* a, const Link* b) {
        if (a->inner || b->inner) return a->inner && !b->inner;
        return graph[a->wait.awaited].name < graph[b->wait.awaited].name;
    });
    return sorted;
}

// The fewest waits that lead from one node to another inside their component, or from one back to itself.
std::vector<Wait> shortest_path(const Graph& graph, const Links& links,
                                const std::vector<std::uint32_t>& component, Node from, Node to) {
    struct Step {
        Node before;
        const Link* link;
    };
    std::unordered_map<Node, Step> reached;
    std::queue<Node> open;
    open.push(from);
    while (!open.empty() && !reached.contains(to)) {
        Node node = open.front();
        open.pop();
        for (const Link* link : in_order_of_names(graph, links[node]))
            if (component[link->to] == component[from] &&
                reached.try_emplace(link->to, Step{node, link}).second)
                open.push(link->to);
    }
    std::vector<Wait> path;
    Node node = to;
    do {
        const Step& step = reached.at(node);
        if (!step.link->inner) path.push_back(step.link->wait);
        node = step.before;
    } while (node != from);
    std::reverse(path.begin(), path.end());
    return path;
}

} // namespace

std::vector<Deadlock> find_deadlocks(const Graph& graph, const std::vector<bool>& has_job) {
    std::vector<Deadlock> found;
    if (!has_needs(graph)) return found;
    Links links = links_of(graph, has_job, true);
    auto component = components_of(links);
    for (UnitId id = 0; id < graph.size(); ++id)
        for (const Link& link : links[done(id)]) {
            if (link.inner || component[link.to] != component[done(id)]) continue;
            Deadlock one{id, link.wait.index, {link.wait}};
            if (link.to != done(id)) {
                auto back = shortest_path(graph, links, component, link.to, done(id));
                one.chain.insert(one.chain.end(), back.begin(), back.end());
            }
            found.push_back(std::move(one));
        }
    return found;
}

std::vector<std::vector<Wait>> find_gated_cycles(const Graph& graph, const std::vector<bool>& has_job) {
    Links links = links_of(graph, has_job, false);
    auto component = components_of(links);
    std::vector<UnitId> begins;
    for (UnitId id = 0; id < graph.size(); ++id)
        if (graph[id].gated &&
            std::any_of(links[begun(id)].begin(), links[begun(id)].end(),
                        [&](const Link& link) { return component[link.to] == component[begun(id)]; }))
            begins.push_back(id);
    std::sort(begins.begin(), begins.end(),
              [&](UnitId a, UnitId b) { return graph[a].name < graph[b].name; });
    std::vector<std::vector<Wait>> found;
    std::vector<bool> told(graph.size(), false);
    for (UnitId id : begins) {
        if (told[id]) continue;
        found.push_back(shortest_path(graph, links, component, begun(id), begun(id)));
        for (const Wait& wait : found.back())
            told[wait.waiter] = true;
    }
    return found;
}

std::vector<std::vector<UnitId>> find_waves(const Graph& graph, const std::vector<bool>& has_job) {
    std::vector<std::vector<UnitId>> after_me(graph.size());
    std::vector<std::size_t> waits(graph.size(), 0);
    for (const Edge& edge : graph.edges())
        if (edge.relation == Relation::after && has_job[edge.from] && has_job[edge.to]) {
            after_me[edge.to].push_back(edge.from);
            ++waits[edge.from];
        }
    std::vector<UnitId> wave;
    for (UnitId id = 0; id < graph.size(); ++id)
        if (has_job[id] && waits[id] == 0) wave.push_back(id);
    std::vector<std::vector<UnitId>> waves;
    while (!wave.empty()) {
        std::vector<UnitId> next;
        for (UnitId id : wave)
            for (UnitId later : after_me[id])
                if (--waits[later] == 0) next.push_back(later);
        std::sort(next.begin(), next.end());
        waves.push_back(std::exchange(wave, std::move(next)));
    }
    return waves;
}

} // namespace unitgate
