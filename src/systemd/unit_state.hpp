// SPDX-License-Identifier: MIT
// What the manager knows of one unit, as far as following a job and judging its end needs it. A plain value,
// filled from D-Bus properties (org.freedesktop.systemd1(5)). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "io/bus_message.hpp"

namespace unitgate {

struct UnitState {
    std::string load_state;    // "loaded", "not-found", "masked", "bad-setting", "error"
    std::string load_error;    // why it could not be loaded; may be empty
    std::string active_state;  // "active", "reloading", "inactive", "failed", "activating", "deactivating"
    std::string sub_state;     // "exited", "start", "auto-restart", ...
    std::string result;        // of a service: "success", "exit-code", "timeout", ...
    std::string reload_result; // of its last reload
    std::string status_text;   // STATUS= of sd_notify(3); empty: none
    std::string invocation_id; // 32 hex digits; empty: never started
    std::string fragment_path, source_path;
    std::uint32_t job = 0; // 0: none queued
    bool needs_reload = false;
    bool condition_met = true;        // of the last start
    std::uint64_t condition_time = 0; // monotonic, of the last check; 0: never checked
    int main_status = 0;              // exit status of the main process
    Duration start_timeout{0};        // 0: not known; Duration::max(): none

    bool is_up() const { return active_state == "active" || active_state == "reloading"; }
    bool is_down() const { return active_state == "inactive" || active_state == "failed"; }
};

// Whether update() has a use for a property of that name.
bool is_of_state(std::string_view property);

// Takes over what `properties` say; others keep their value.
void update(UnitState& state, const std::vector<BusProperty>& properties);

} // namespace unitgate
