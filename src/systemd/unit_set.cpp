// SPDX-License-Identifier: MIT
#include "systemd/unit_set.hpp"

#include <map>

#include "systemd/escape.hpp"

namespace unitgate {

namespace {

class Builder {
  public:
    explicit Builder(const UnitContext& context) : context_(context) {}

    void add(const Spec& spec) {
        const UnitSection& unit = spec.unit;
        SourceFile file{spec.path, {}};
        if (!is_service_name(unit.name))
            return error(file, "bad-unit-name", "'" + unit.name + "' is no name of a service",
                         "write [unit] name = \"deploy-" + spec.name + ".service\"");
        if (auto taken = owners_.find(unit.name); taken != owners_.end())
            return error(file, "unit-name-taken",
                         "unit name '" + unit.name + "' already belongs to '" + taken->second + "'",
                         "give one of the two another [unit] name");
        put(unit.name, spec.path, unit_text(spec, context_));
        for (const Names* names :
             {&unit.after, &unit.before, &unit.wants, &unit.requires_, &unit.requisite, &unit.binds_to,
              &unit.part_of, &unit.conflicts, &unit.wanted_by, &unit.required_by})
            check_names(file, *names);
        link(unit.name, unit.wanted_by, ".wants");
        link(unit.name, unit.required_by, ".requires");
    }

    void add(const LoadedSpecs::Broken& broken) {
        std::string usual = "deploy-" + broken.name + ".service";
        std::string name = is_service_name(broken.unit_name) ? broken.unit_name : usual;
        if (owners_.contains(name)) name = usual;
        if (owners_.contains(name)) return; // its diagnostics tell why it is bad
        put(name, broken.path, unit_text(broken, context_));
        // Which targets want it may not be readable; without this link nobody would see it fail.
        set.links.push_back({"deploy.target.wants", name});
    }

    UnitSet set;

  private:
    void put(const std::string& name, const std::string& path, std::string text) {
        owners_.emplace(name, path);
        set.files.push_back({name, std::move(text)});
    }

    // unit_text leaves such names out: systemd would ignore them, and only tell its log.
    void check_names(const SourceFile& file, const Names& names) {
        for (const auto& name : names) {
            if (is_unit_name(name.value)) continue;
            Place place = name.place.file ? name.place : Place{&file};
            set.diagnostics.push_back(diagnose(place, "bad-unit-name", "'" + name.value + "' is no unit name",
                                               "write it with its suffix, as '" + name.value + ".service'"));
        }
    }

    void link(const std::string& unit, const Names& targets, std::string_view kind) {
        for (const auto& target : targets)
            if (is_unit_name(target.value)) set.links.push_back({target.value + std::string(kind), unit});
    }

    void error(const SourceFile& file, std::string code, std::string cause, std::string remedy) {
        set.diagnostics.push_back(diagnose({&file}, std::move(code), std::move(cause), std::move(remedy)));
    }

    const UnitContext& context_;
    std::map<std::string, std::string, std::less<>> owners_; // unit name -> spec path
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
