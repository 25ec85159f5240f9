// SPDX-License-Identifier: MIT
// Units, the dependencies between them and what their gates need, each with the place it comes from. A plain
// value: built by whoever knows a source (specs, unit files, the manager), read by the finders beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/shared_text.hpp"
#include "base/text_hash.hpp"

namespace unitgate {

using UnitId = std::uint32_t;

// `from` RELATION `to`, in systemd's sense (systemd.unit(5)). Before= is stored as After= from the other end.
enum class Relation : std::uint8_t { after, requires_, requisite, wants, binds_to, part_of };
std::string_view relation_name(Relation relation); // "After", "Requires", ...
bool brings_job(Relation relation);                // starting `from` starts `to`

// What brings a host up: the boot, and a person who starts all apps.
inline constexpr std::string_view boot_targets[] = {"default.target", "deploy.target"};

// Where something was said: a line of a spec or unit file, or in words ("by default").
struct Origin {
    SharedText path; // empty: no file
    std::uint32_t line = 0;
    std::string what;         // "After=deploy-proxy.service"
    std::string text() const; // "specs/dashboard.toml:9: after = deploy-proxy.service"
};

struct Edge {
    UnitId from = 0, to = 0;
    Relation relation = Relation::after;
    Origin origin;
};

// A gate's probe asks something of another unit.
struct Need {
    UnitId server = 0;
    bool until_active =
        false; // a `unit` probe waits until the server is active; others until it has deployed
    std::string probe, target; // the probe's name, and what it asks: "https://ci.example.net/"
    Origin probe_origin, serves_origin;
};

struct Unit {
    std::string name;
    bool exists = false; // a spec, a unit file or the manager knows it
    bool masked = false;
    bool gated = false;               // has a spec
    std::vector<std::uint32_t> edges; // indices of the edges that leave it
    std::vector<Need> needs;
};

class Graph {
  public:
    UnitId unit(std::string_view name); // made when new
    void reserve(std::size_t units, std::size_t edges);
    // `other` is one more name of the unit; to be said before anybody uses it as a name.
    void alias(std::string_view other, UnitId id);
    const UnitId* find(std::string_view name) const;
    // The same dependency said twice is kept once, with the first origin; one on itself is none.
    void add(UnitId from, Relation relation, UnitId to, Origin origin);

    Unit& operator[](UnitId id) { return units_[id]; }
    const Unit& operator[](UnitId id) const { return units_[id]; }
    const std::vector<Edge>& edges() const { return edges_; }
    bool has(UnitId from, Relation relation, UnitId to) const {
        return edge_between(from, relation, to) != nullptr;
    }
    const Edge* edge_between(UnitId from, Relation relation, UnitId to) const; // null: there is none
    // Takes over the origin of each dependency that `other` has too (by the units' names): it knows the
    // files.
    void take_origins(const Graph& other);
    UnitId size() const { return static_cast<UnitId>(units_.size()); }

  private:
    std::vector<Unit> units_;
    std::vector<Edge> edges_;
    std::unordered_map<std::string, UnitId, TextHash, std::equal_to<>> by_name_;
    std::unordered_map<std::uint64_t, std::uint32_t> said_; // from, to and relation of each edge -> its index
};

// The units that get a start job when `roots` are started: what they want, require or bind to, transitively.
// Masked and missing units get none.
std::vector<bool> start_jobs(const Graph& graph, const std::vector<UnitId>& roots);

// The jobs that systemd never drops to break a circle: those of `root` and of what it requires, transitively.
std::vector<bool> required_jobs(const Graph& graph, UnitId root);

} // namespace unitgate
