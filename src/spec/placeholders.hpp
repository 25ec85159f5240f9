// SPDX-License-Identifier: MIT
// Finds what is wrong with the {placeholders} of a text before anything is expanded. Called by the decoder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unitgate {

struct PlaceholderRules {
    bool version = true;     // {version} and {app_version} may stand here
    bool credential = false; // {credential:ID} may stand here
    // Braces have a meaning of their own here (commands, patterns): only what is nearly a placeholder is an
    // error.
    bool lenient = false;
    std::vector<std::string_view> credentials; // known IDs
};

struct PlaceholderFault {
    std::string token; // "{verison}"
    std::string cause, remedy;
};

std::optional<PlaceholderFault> find_placeholder_fault(std::string_view text, const PlaceholderRules& rules);

} // namespace unitgate
