// SPDX-License-Identifier: MIT
// The alerts of a host as a person handles them: listed, read, cleared. A cleared alert is kept under
// STATE/alerts/cleared/ with who, when and why. Called by the verbs alerts and status; run only writes
// (alert.hpp).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace unitgate {

struct StoredAlert {
    std::string id; // the file's name without ".json"
    std::string path;
    bool cleared = false;
    Json json;                                    // as in unitgate-alerts(5); an object
    WallTime written{};                           // when the file was
    std::string text(std::string_view key) const; // of a member that is a string, else empty
};

struct AlertBox {
    std::vector<StoredAlert> alerts; // oldest first
    std::vector<Error> unreadable;   // files in the folder that are no alerts: never hidden, never dropped
};

// A missing folder is an empty box.
Result<AlertBox> read_alerts(const std::string& state_folder, bool with_cleared);

// The one alert whose id is `id`, or begins with it; fails when none or several do.
Result<StoredAlert> find_alert(const std::string& state_folder, std::string_view id, bool with_cleared);

// When apps last passed, RFC 3339 by app: their wanted version, see wanted_passes(), and whatever version a
// watch was about, see watch_passes().
struct Passes {
    std::map<std::string, std::string> wanted, watched;
};
Passes read_passes(const std::string& state_folder);

// When its app passed since; none where it did not, or may not have: the wanted version must have passed in a
// later second than the alert's, or later than the file in the same one. An app that was unhealthy while
// active has recovered with the version that was active, too.
std::optional<std::string> recovered_at(const StoredAlert& alert, const Passes& passes);

// Moves it to cleared/, durably, with `cleared` = {by, at, note} added. The alert is never lost on the way:
// the new file is on disk before the old one goes.
Status clear_alert(const std::string& state_folder, const StoredAlert& alert, const std::string& by,
                   const std::string& at, const std::string& note);

} // namespace unitgate
