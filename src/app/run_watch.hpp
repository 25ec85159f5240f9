// SPDX-License-Identifier: MIT
// The life of a run whose spec has [watch], after READY=1: keeps probing, tells the watchdog that it does,
// raises the alert, acts, reads the spec again on SIGHUP. Takes the run's lock only to deploy again, so that
// a reload is never kept out. Called by app/run.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "app/run_shell.hpp"
#include "deploy/activity.hpp"
#include "deploy/redeploys.hpp"
#include "deploy/watch_note.hpp"
#include "gate/watch.hpp"
#include "report/status.hpp"

namespace unitgate {

// Sends WATCHDOG=1 as often as systemd wants it, while `gets_on` holds.
class WatchdogTimer {
  public:
    WatchdogTimer(const Event& event, Report& report, std::function<bool()> gets_on);

  private:
    void tick();
    const Event& event_;
    Report& report_;
    std::function<bool()> gets_on_;
    Duration period_;
    Source timer_;
};

class RunWatch {
  public:
    // `spec` and `credentials` as the run went by them; `up`: what it said when it was ready. The rest must
    // outlive it.
    RunWatch(const SpecPath& where, std::string state_folder, Spec spec, Credentials credentials,
             ReadyWords up, Report& report, RunIdentity identity);
    // Returns when it is stopped, when the unit is to fail, or when the spec has no [watch] any more.
    RunVerdict run();

  private:
    enum class Stage { stopped, read_again, redeploy, failed, not_written };
    Result<Stage> watch(RunVerdict& verdict);
    std::optional<Stage> on_unhealthy(const WatchReport& report); // nullopt: go on watching
    void on_recovered();
    void show(const WatchReport& report);
    RunVerdict redeploy();
    RunVerdict broken(const std::string& what, RunExit code); // which is told
    void read_again();
    Status can_watch(const Spec& spec, const Credentials& credentials) const;
    void take_up(const AppState& state);
    void save_note();
    Occurrence about(EventKind kind) const;

    const SpecPath& where_;
    std::string folder_;
    Spec spec_;
    Credentials credentials_;
    ReadyWords up_;
    Report& report_;
    RunIdentity identity_;
    Activity activity_;
    Redeploys redeploys_;
    WatchNote note_;
    bool healthy_ = true;
    Instant unhealthy_since_{};
};

} // namespace unitgate
