// SPDX-License-Identifier: MIT
// Finds and reads specs: search path, masks, drop-ins, settings; and refuses files that others may write.
// Called by every verb; does not print and never writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct SpecPath {
    std::vector<std::string> folders{"/etc/unitgate/specs", "/run/unitgate/specs", "/usr/lib/unitgate/specs"};
    std::string settings = "/etc/unitgate/unitgate.toml"; // may be missing
    bool check_trust = true; // refuse what others than root may write; effective only as root
};

struct LoadedSpecs {
    Settings settings;
    std::vector<Spec> specs; // the good ones, by name
    // Specs that exist but are bad, by name: their files and the unit name as far as it could be read. A unit
    // name that a good spec holds gives way to deploy-NAME.service, or is empty where that is taken too.
    struct Broken {
        std::string name, path, unit_name, app;
    };
    std::vector<Broken> broken;
    Diagnostics diagnostics;        // of all files in one go, ordered by file and line
    std::vector<SourceRef> sources; // keeps the places of `diagnostics` and broken specs alive

    const Spec* find(std::string_view name) const;
};

// Every spec of the path. Never fails as a whole: what is bad is in `broken` and `diagnostics`.
LoadedSpecs load_specs(const SpecPath& where);

// One spec (and the settings). It ends up in `specs`, or in `broken` with its diagnostics; a NAME that is
// nowhere on the path or masked gives a diagnostic alone.
LoadedSpecs load_spec(const SpecPath& where, std::string_view name);

// [a-z0-9][a-z0-9-]{0,62}
bool is_valid_name(std::string_view name);

} // namespace unitgate
