// SPDX-License-Identifier: MIT
// Specs whose [deploy] was edited since their app last passed its gate: what runs was deployed by other words
// than stand there now. Findings deploy-edited, and not-checked where the state cannot be read. Called by
// verify.
#pragma once

#include <span>
#include <string>

#include "base/diagnostic.hpp"
#include "spec/model.hpp"

namespace unitgate {

Diagnostics find_edited_deploys(std::span<const Spec> specs, const std::string& state_folder);

} // namespace unitgate
