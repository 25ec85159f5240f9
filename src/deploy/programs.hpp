// SPDX-License-Identifier: MIT
// Commands of specs whose program is not there, or is none: what a deploy would end with, known before it
// begins. Finding no-program. Only of programs that are named by an absolute path and without placeholders;
// which PATH a unit has is its manager's matter. Called by verify.
#pragma once

#include <span>

#include "base/diagnostic.hpp"
#include "spec/model.hpp"

namespace unitgate {

Diagnostics find_missing_programs(std::span<const Spec> specs);

} // namespace unitgate
