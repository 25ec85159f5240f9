// SPDX-License-Identifier: MIT
#include "systemd/unit_set.hpp"

#include <set>

#include "systemd/escape.hpp"

namespace unitgate {

namespace {

class Builder {
  public:
    explicit Builder(const UnitContext& context) : context_(context) {}

    void add(const Spec& spec) {
        const UnitSection& unit = spec.unit;
        if (!put(unit.name, [&] { return unit_text(spec, context_); })) return;
        link(unit.name, unit.wanted_by, ".wants");
        link(unit.name, unit.required_by, ".requires");
        if (unit.schedule.empty()) return;
        if (!put(reconcile_name(spec), [&] { return reconcile_text(spec, context_); })) return;
        set.files.push_back({timer_name(spec), timer_text(spec)}); // NAME is unique and no path
        set.links.push_back({"timers.target.wants", timer_name(spec)});
    }

    void add(const LoadedSpecs::Broken& broken) {
        auto text = [&] { return unit_text(broken, context_); };
        std::string name = broken.unit_name;
        if (!put(name, text) && !put(name = "deploy-" + broken.name + ".service", text)) return;
        // Which targets want it may not be readable; without this link nobody would see it fail.
        set.links.push_back({"deploy.target.wants", name});
    }

    UnitSet set;

  private:
    template <class Text>
    bool put(const std::string& name, Text text) {
        if (!is_service_name(name) || !names_.insert(name).second) return false;
        set.files.push_back({name, text()});
        return true;
    }

    void link(const std::string& unit, const Names& targets, std::string_view kind) {
        for (const auto& target : targets)
            if (is_unit_name(target.value)) set.links.push_back({target.value + std::string(kind), unit});
    }

    const UnitContext& context_;
    std::set<std::string, std::less<>> names_;
};

} // namespace

UnitSet make_unit_set(const LoadedSpecs& loaded, const UnitContext& context) {
    Builder builder(context);
    for (const Spec& spec : loaded.specs)
        builder.add(spec);
    for (const auto& broken : loaded.broken)
        builder.add(broken);
    return std::move(builder.set);
}

} // namespace unitgate
