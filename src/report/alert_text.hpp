// SPDX-License-Identifier: MIT
// Stored alerts as text and JSON, for the verbs alerts and status. Pure: gives text, prints nothing.
#pragma once

#include <string>

#include "base/json.hpp"
#include "report/alert_box.hpp"

namespace unitgate {

// A few lines: its id, what happened, what has become of it.
std::string alert_lines(const StoredAlert& alert, const Passes& passes);

// All of it, and what to type next. `command` is how this program is called, with --state where that is
// needed.
std::string alert_page(const StoredAlert& alert, const Passes& passes, const std::string& command);

// The file's own fields, then `id` and `recovered`: when its app passed since, or null.
Json alert_json(const StoredAlert& alert, const Passes& passes);

} // namespace unitgate
