// SPDX-License-Identifier: MIT
// What is remembered of one spec between runs: STATE/apps/NAME/state.json, and the locks. Every write is
// durable before it returns. Read by status and the alert unit without a lock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/time.hpp"
#include "deploy/steps.hpp"

namespace unitgate {

// Now as "2026-06-13T05:44:28Z", and as "2026-06-13T05:44:28.123456Z".
std::string now_rfc3339();
std::string now_rfc3339_usec();

// $STATE_DIRECTORY (its first entry), else /var/lib/unitgate.
std::string default_state_folder();

struct UnderWay {
    std::string invocation_id, boot_id; // 32 hex digits; invocation empty outside systemd
    std::string app, unit;
    Phase phase = Phase::version;
    std::string version; // empty: not known yet
    std::string since;   // RFC 3339, UTC
    // A reload has the invocation of the start before it: so many alerts of that are about earlier runs.
    std::size_t alerts_before = 0;
};

struct Held {
    Release release;
    Reason reason;
    std::string since;
};

// The gate that last passed in full: not the one try that shows a healthy last good version to be so.
struct GatePass {
    std::string version;
    std::string at; // RFC 3339, UTC
    Duration took{0};
};

// When the wanted version last passed, in a gate or in that one try. What was rolled back to does not count.
struct WantedPass {
    std::string app;
    std::string at; // RFC 3339, UTC, with microseconds: told from an alert of the same second
};

struct AppState {
    std::optional<Release> last_good;
    std::string last_good_since;
    std::optional<Held> held;
    std::optional<UnderWay> under_way;
    std::optional<GatePass> last_gate;
    std::optional<WantedPass> wanted_passed;
    std::string passed_boot; // id of the boot in which a version last passed; empty: none has
};

class StateStore {
  public:
    StateStore(std::string folder, std::string name);
    // An absent file is an empty state; a file that is no state is an error (never guessed at).
    Result<AppState> load() const;
    Status save(const AppState& state) const;
    const std::string& path() const { return path_; }

  private:
    std::string folder_, name_, path_;
};

// Names of what has run, by the folders in STATE/apps; none where there is no such folder or it can't be
// read.
std::vector<std::string> names_with_state(const std::string& state_folder);

// When the wanted version of each app last passed, by app; a state that can't be read tells nothing.
std::map<std::string, std::string> wanted_passes(const std::string& state_folder);

// Holds NAME and APP for this process: STATE/apps/NAME/lock and STATE/locks/APP. Fails with code EWOULDBLOCK
// when another run has one of them, with another code when they can't be made. Doesn't wait.
struct RunLock {
    Fd name, app;
};
Result<RunLock> lock_run(const std::string& state_folder, const std::string& name, const std::string& app);

} // namespace unitgate
