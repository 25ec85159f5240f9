// SPDX-License-Identifier: MIT
// What one unit file says (systemd.syntax(7)): comments, continued lines, resets and the specifiers that
// stand in names of units. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_text.hpp"

namespace unitgate {

// The settings that this program asks for; others, most of a unit file, are not kept. What sections have in
// common has one name here: a unit has no other section than [Unit] and that of its type.
enum class UnitKey : std::uint8_t {
    after,
    before,
    wants,
    requires_,
    requisite,
    binds_to,
    part_of,
    upholds,
    requires_mounts_for,
    default_dependencies,
    slice,
    sockets,
    accept,
    triggers, // Service= of a socket, Unit= of a timer or path
    type,
    options, // of a mount
    working_directory,
    start_timeout, // TimeoutStartSec= or TimeoutSec=; DefaultTimeoutStartSec= of system.conf
};

struct UnitSetting {
    UnitKey key;
    std::string value;
    SharedText path;   // of the file that says it, with the root in front
    unsigned line = 0; // 0: a link says it
};

// In the order of the lines; lists of units are one entry for each word.
using UnitSettings = std::vector<UnitSetting>;

// A boolean as systemd.syntax(7) has it, in any case; nullopt: it is none, and systemd goes by the default.
std::optional<bool> unit_boolean(std::string_view value);

// Adds what `text` says to what was said before it; `path` is where that was read, `name` the unit's, or
// empty for the manager's own file, system.conf.
void add_settings(std::string_view text, const SharedText& path, std::string_view name, UnitSettings& into);

} // namespace unitgate
