// SPDX-License-Identifier: MIT
// The {placeholders} of a text before anything is expanded: what is wrong with them, for the decoder, and
// which of them a probe has, for the verbs that try one by hand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/model.hpp"

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

// Whether {version} or {app_version} stands in a text.
bool mentions_version(std::string_view text);
// Whether a try of this probe depends on the version.
bool mentions_version(const Probe& probe);
bool mentions_credential(const Probe& probe, const std::string& id);

std::optional<PlaceholderFault> find_placeholder_fault(std::string_view text, const PlaceholderRules& rules);

} // namespace unitgate
