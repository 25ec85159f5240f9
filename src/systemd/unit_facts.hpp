// SPDX-License-Identifier: MIT
// How a service last ended, asked of the service manager over D-Bus (org.freedesktop.systemd1(5)). Blocks for
// the answer, 10 s at most: only for verbs that have no event loop. Never starts or changes anything.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/bus_message.hpp"

namespace unitgate {

struct UnitFacts {
    std::string invocation_id;          // empty: never started since boot
    std::string active_state;           // "failed", "active", ...
    std::string result;                 // "success", "signal", "exit-code", ...
    std::string exit_code, exit_status; // in the words of $MONITOR_EXIT_CODE and $MONITOR_EXIT_STATUS
};

// From the properties of its Unit and Service interfaces.
UnitFacts unit_facts_from(const std::vector<BusProperty>& properties);

// Of the manager that executed this process, else of the system's (own_bus()); in an event loop of its own.
Result<UnitFacts> ask_unit(const std::string& unit);

} // namespace unitgate
