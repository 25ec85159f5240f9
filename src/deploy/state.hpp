// SPDX-License-Identifier: MIT
// What is remembered of one spec between runs: STATE/apps/NAME/state.json, and the locks. Every write is
// durable before it returns. Read by status and the alert unit without a lock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "deploy/steps.hpp"

namespace unitgate {

// Now as "2026-06-13T05:44:28Z".
std::string now_rfc3339();

// $STATE_DIRECTORY (its first entry), else /var/lib/unitgate.
std::string default_state_folder();

struct UnderWay {
    std::string invocation_id, boot_id; // 32 hex digits; invocation empty outside systemd
    std::string app, unit;
    Phase phase = Phase::version;
    std::string version; // empty: not known yet
    std::string since;   // RFC 3339, UTC
};

struct Held {
    Release release;
    Reason reason;
    std::string since;
};

struct AppState {
    std::optional<Release> last_good;
    std::string last_good_since;
    std::optional<Held> held;
    std::optional<UnderWay> under_way;
};

class StateStore {
  public:
    StateStore(std::string folder, std::string name);
    // An absent file is an empty state; a file that is no state is an error (never guessed at).
    Result<AppState> load() const;
    Status save(const AppState& state) const;
    const std::string& path() const { return path_; }
    const std::string& name() const { return name_; }

  private:
    std::string folder_, name_, path_;
};

// Holds NAME and APP for this process: STATE/apps/NAME/lock and STATE/locks/APP. Fails with code EWOULDBLOCK
// when another run has one of them, with another code when they can't be made. Doesn't wait.
struct RunLock {
    Fd name, app;
};
Result<RunLock> lock_run(const std::string& state_folder, const std::string& name, const std::string& app);

} // namespace unitgate
