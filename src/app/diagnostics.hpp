// SPDX-License-Identifier: MIT
// Diagnostics as `--json` shows them. Their text is base/diagnostic.
#pragma once

#include "base/diagnostic.hpp"
#include "base/json.hpp"

namespace unitgate {

// An array of {severity, code, path, line, column, units, cause, notes, remedy}; what is not known is
// null, units and notes are arrays.
Json diagnostics_json(const Diagnostics& all);

} // namespace unitgate
