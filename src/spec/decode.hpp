// SPDX-License-Identifier: MIT
// Turns the merged tree of one spec into a Spec and reports every mistake in it. Called by spec/load.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "spec/model.hpp"
#include "spec/toml.hpp"

namespace unitgate {

struct DecodeInput {
    std::string name;       // NAME
    const SourceFile* file; // NAME.toml, for what concerns the file as a whole
    const Node& root;       // drop-ins merged
    bool partial = false;   // a file of the spec had syntax errors
    const Settings& settings;
    bool settings_broken = false; // unitgate.toml has errors: a base_domain may be missing for that reason
};

// The spec as far as it could be read; usable only when `errors` got nothing. Fills neither path nor sources.
Spec decode_spec(const DecodeInput& input, Diagnostics& errors);

Settings decode_settings(const Node& root, Diagnostics& errors);

// [a-z0-9][a-z0-9-]{0,62}: a NAME, which load.hpp calls is_valid_name(), and an app.
bool is_plain_name(std::string_view name);

} // namespace unitgate
