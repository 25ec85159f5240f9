// SPDX-License-Identifier: MIT
// Which files make up which spec: the search path, masks and drop-ins. Reads folders and no file.
// Internal to spec/load.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "spec/load.hpp"

namespace unitgate {

struct FoundSpec {
    std::string name;                  // NAME
    std::string path;                  // of NAME.toml, in the first folder that has it
    bool masked = false;               // that is a link to /dev/null
    std::vector<std::string> drop_ins; // of all folders, in the order of their file names
    std::vector<std::string> masks;    // the links to /dev/null that were heeded
};

struct Found {
    std::vector<FoundSpec> specs; // by name, with the masked ones
    Diagnostics errors;           // folders that cannot be read, files whose name is no NAME
};

Found find_specs(const SpecPath& where);
Found find_spec(const SpecPath& where, std::string_view name);

// A finding about a file or folder as a whole.
Diagnostic diagnose_path(std::string path, std::string code, std::string cause, std::string remedy = {});

} // namespace unitgate
