// SPDX-License-Identifier: MIT
// What a run leaves on disk: its state file and its alerts. Owns the state of one spec while the run holds
// its lock. Used by the verb `run` alone; knows nothing of processes and probes.
#pragma once

#include <optional>
#include <string>

#include "deploy/state.hpp"
#include "deploy/steps.hpp"
#include "report/report.hpp"

namespace unitgate {

// Which run this is, for alerts and notes.
struct RunIdentity {
    std::string invocation_id; // systemd's; outside of systemd a random one, so that its alerts are found all
                               // the same
    std::string boot_id;
    bool in_unit = false; // systemd started this very process
};
// Reads the environment: call it before it is cleaned.
RunIdentity run_identity();

class RunRecord {
  public:
    RunRecord(std::string state_folder, std::string name, std::string app, std::string unit,
              RunIdentity identity, Report& report);

    // Reads the state. A note in it is that of a run that ended without a verdict, as this process holds the
    // lock: its `interrupted` alert is written, unless it has one. False: reported, and nothing may be
    // deployed. `again`: a run of this invocation has ended before, as this is a reload or deploys again.
    [[nodiscard]] bool open(bool again);
    const AppState& state() const { return state_; }
    const RunIdentity& identity() const { return identity_; }
    const std::string& state_folder() const { return folder_; }

    // Changes of the state; they are durable once save() has said so.
    void note(Phase phase, const std::string& version);
    void good(const Release& release, bool drop_hold, Duration gate_took);
    void passed(bool wanted); // a version, in this boot; `wanted`: that one
    // Nothing has passed in this boot before.
    bool is_first_in_boot() const { return state_.passed_boot != identity_.boot_id; }
    void hold(const Release& release, Reason reason);
    void clear_note();
    // False: it could not be written, which is reported.
    [[nodiscard]] bool save();
    // False: it could not be written, and the journal has it.
    [[nodiscard]] bool alert(const step::Alert& what, std::optional<AlertProbe> probe);

  private:
    [[nodiscard]] bool tell_interrupted();
    StateStore store_;
    std::string folder_, app_, unit_;
    RunIdentity identity_;
    Report& report_;
    AppState state_;
    std::string began_;
    std::size_t alerts_before_ = 0; // of this invocation, about earlier runs
};

} // namespace unitgate
