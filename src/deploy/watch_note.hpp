// SPDX-License-Identifier: MIT
// What the watch of an active app leaves on disk: STATE/apps/NAME/watch.json. The watching process alone
// writes it, without the run's lock, so that a reload is never kept out; the state file is the runs'. Read by
// status, alerts and the alert unit.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace unitgate {

struct WatchNote {
    std::string app, unit, version;
    std::string invocation_id, boot_id;
    std::string since;  // RFC 3339, UTC: when this watch began
    std::string passed; // with microseconds: when it began or the app last recovered, whichever is later
};

Status save_watch_note(const std::string& state_folder, const std::string& name, const WatchNote& note);

// Nothing where there is none or it can't be read: it is never what a decision hangs on.
std::optional<WatchNote> load_watch_note(const std::string& state_folder, const std::string& name);

// When each watched app was last seen to be healthy, by app.
std::map<std::string, std::string> watch_passes(const std::string& state_folder);

} // namespace unitgate
