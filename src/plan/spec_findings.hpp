// SPDX-License-Identifier: MIT
// What is allowed in a spec and still likely to be a mistake: verify-off, gate-timing. Pure; called by verify
// alone, so that a run, the generator and `start` don't repeat at each boot what a person has decided.
#pragma once

#include <span>

#include "base/diagnostic.hpp"
#include "spec/model.hpp"

namespace unitgate {

Diagnostics find_spec_problems(std::span<const Spec> specs);

} // namespace unitgate
