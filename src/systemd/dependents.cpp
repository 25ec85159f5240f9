// SPDX-License-Identifier: MIT
#include "systemd/dependents.hpp"

#include <optional>

namespace unitgate {

namespace {

// What the manager keeps beside the dependency of the other unit: X has Before=Y where Y has After=X.
struct Key {
    std::string_view property;
    Relation relation;
};
constexpr Key keys[] = {
    {"Before", Relation::after},          {"RequiredBy", Relation::requires_},
    {"RequisiteOf", Relation::requisite}, {"BoundBy", Relation::binds_to},
    {"ConsistsOf", Relation::part_of},    {"PropagatesStopTo", Relation::part_of},
};

class Walk {
  public:
    Walk(Manager& manager, Dependents& found) : manager_(manager), found_(found) {}

    void visit(const std::string& name, bool is_root = false) {
        if (!asked_.insert(name).second) return;
        ++open_;
        manager_.properties(name, unit_interface, [this, is_root](BusResult<std::vector<BusProperty>> all) {
            --open_;
            if (all)
                take(*all, is_root);
            else if (!error_)
                error_ = all.error();
        });
    }
    bool is_done() const { return open_ == 0; }
    const std::optional<BusError>& error() const { return error_; }

  private:
    // What is not active has no part in it: at a cold boot nothing waits for a unit without a job.
    void take(const std::vector<BusProperty>& properties, bool is_root) {
        std::string id, active;
        for (const auto& [name, value] : properties)
            if (const auto* text = std::get_if<std::string>(&value)) {
                if (name == "Id") id = *text;
                if (name == "ActiveState") active = *text;
            }
        if (id.empty()) return;
        if (is_root) found_.unit = id;
        UnitId unit = found_.graph.unit(id);
        bool up = active == "active" || active == "reloading";
        if (up) found_.active.insert(id);
        if (!up && !is_root) return;
        for (const auto& [name, value] : properties)
            if (const auto* others = std::get_if<std::vector<std::string>>(&value))
                for (const Key& key : keys)
                    if (key.property == name)
                        for (const auto& other : *others) {
                            found_.graph.add(found_.graph.unit(other), key.relation, unit, {});
                            visit(other);
                        }
    }

    Manager& manager_;
    Dependents& found_;
    std::size_t open_ = 0;
    std::set<std::string> asked_;
    std::optional<BusError> error_;
};

} // namespace

Result<Dependents> read_dependents(Event& event, Manager& manager, const std::string& unit) {
    Dependents found;
    Walk walk(manager, found);
    walk.visit(unit, true);
    if (auto ran = event.run_until([&] { return walk.is_done(); }); !ran) return tl::unexpected(ran.error());
    if (walk.error())
        return tl::unexpected(walk.error()->as_error("cannot read the units ordered after '" + unit + "'"));
    return found;
}

} // namespace unitgate
