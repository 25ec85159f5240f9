// SPDX-License-Identifier: MIT
// All unit files and links that a set of specs stands for. Pure: the generator and `generate` write it,
// `verify` only reads its diagnostics.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "spec/load.hpp"
#include "systemd/unit_file.hpp"

namespace unitgate {

struct UnitSet {
    struct File {
        std::string name; // "deploy-proxy.service", always a plain file name
        std::string text;
    };
    struct Link {
        std::string folder; // "deploy.target.wants"
        std::string name;   // of the unit it points to
    };
    std::vector<File> files;
    std::vector<Link> links;
    Diagnostics diagnostics; // a unit name that two specs claim, or that is none
};

// Good specs come first, so that a bad one never takes a good one's name. Of two good ones with one unit name
// the first by NAME gets it, the later is an error and has no unit.
UnitSet make_unit_set(const LoadedSpecs& loaded, const UnitContext& context);

} // namespace unitgate
