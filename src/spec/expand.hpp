// SPDX-License-Identifier: MIT
// Placeholders of a spec. {credential:ID} is handled by the gate, the only place that sees a secret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct Expansion {
    std::string version;     // {version}
    std::string app_version; // {app_version}
};

// {version} and the part of it that the app reports. Fails when `extract` does not match.
Result<Expansion> make_expansion(const VersionSource& source, std::string_view version);

std::string expand(std::string_view text, const Expansion& with);
std::vector<std::string> expand(const std::vector<std::string>& arguments, const Expansion& with);

// For a regular expression: what is inserted is matched literally.
std::string expand_pattern(std::string_view pattern, const Expansion& with);

} // namespace unitgate
