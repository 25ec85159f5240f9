// SPDX-License-Identifier: MIT
// Circular orderings as findings, with what systemd would do about each: drop a job, and which, or refuse.
// Pure; part of find_problems.
#pragma once

#include <vector>

#include "base/diagnostic.hpp"
#include "plan/finding_text.hpp"

namespace unitgate {

// `has_job`: what is started at all. Circles that no spec has a part in are the host's own affair.
void report_cycles(const Graph& graph, const SpecsByUnit& specs, const std::vector<bool>& has_job,
                   Diagnostics& out);

} // namespace unitgate
