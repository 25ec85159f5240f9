// SPDX-License-Identifier: MIT
#include "systemd/live_unit.hpp"

#include <algorithm>
#include <string_view>

#include "systemd/unit_state.hpp"

namespace unitgate {

namespace {

struct Key {
    std::string_view property;
    Relation relation;
};
// The other unit says Before= beside it; an edge is wanted once.
constexpr Key keys[] = {
    {"After", Relation::after},   {"Requires", Relation::requires_}, {"Requisite", Relation::requisite},
    {"Wants", Relation::wants},   {"BindsTo", Relation::binds_to},   {"PartOf", Relation::part_of},
    {"Upholds", Relation::wants},
};
constexpr std::string_view needing[] = {"RequiredBy", "RequisiteOf", "WantedBy",
                                        "BoundBy",    "UpheldBy",    "ConsistsOf"};

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
            if (name == "Before") unit.later = *texts;
            if (std::find(std::begin(needing), std::end(needing), name) != std::end(needing))
                unit.needed_by.insert(unit.needed_by.end(), texts->begin(), texts->end());
            for (const Key& key : keys)
                if (key.property == name) unit.others.emplace_back(key.relation, *texts);
        }
    }
    if (id.empty()) return {};
    std::erase(unit.names, id);
    unit.names.insert(unit.names.begin(), id);
    return unit;
}

void add_details(LiveUnit& unit, const std::vector<BusProperty>& properties) {
    UnitState state;
    update(state, properties);
    unit.start_timeout = state.start_timeout;
    for (const auto& [name, value] : properties)
        if (const auto* text = std::get_if<std::string>(&value); text && name == "Type") unit.type = *text;
}

} // namespace unitgate
