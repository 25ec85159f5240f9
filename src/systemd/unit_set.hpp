// SPDX-License-Identifier: MIT
// All unit files and links that a set of specs stands for. Pure: the generator and `generate` write it,
// `verify` only reads its diagnostics.
#pragma once

#include <string>
#include <vector>

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
};

// Good specs come first, so that a bad one never takes a good one's name. The loader has refused names that are none
// and names that two specs claim; what would still leave the folder or hide another unit is left out here.
UnitSet make_unit_set(const LoadedSpecs& loaded, const UnitContext& context);

} // namespace unitgate
