// SPDX-License-Identifier: MIT
// What one unit file says (systemd.syntax(7)): comments, continued lines, resets and the specifiers that stand
// in names of units. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_text.hpp"

namespace unitgate {

struct UnitSetting {
    std::string value;
    SharedText path;   // of the file that says it, with the root in front
    unsigned line = 0; // 0: a link says it
};

// "Unit.After" -> its words in order of appearance; "Service.TimeoutStartSec" -> its assignments. Only those
// that this program asks for, see the list in unit_settings.cpp. The keys point to what lives for ever.
using UnitSettings = std::map<std::string_view, std::vector<UnitSetting>>;

// Adds what `text` says to what was said before it; `path` is where that was read, `name` the unit's.
void add_settings(std::string_view text, const SharedText& path, std::string_view name, UnitSettings& into);

} // namespace unitgate
