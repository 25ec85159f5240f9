// SPDX-License-Identifier: MIT
// The steps of a run as a pure state machine: each event gives the actions to carry out, in order. It knows
// no clock, file, process or probe; app/run.cpp carries actions out and feeds events back. unitgate-run(8)
// has the same steps in words.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace unitgate {

// Words of the contract; the name is the enumerator with '-' for '_'.
enum class Reason {
    unhealthy_on_latest,
    unhealthy_on_last_good,
    rollback_unhealthy,
    deploy_failed,
    rollback_failed,
    version_unknown,
    gate_deadlock,
    config_invalid,
    interrupted,
    unhealthy_while_active,
};
std::string_view reason_name(Reason reason);
std::optional<Reason> reason_from(std::string_view name);

// A version, exactly: with the fingerprint of the [deploy] table it was deployed by.
struct Release {
    std::string version, fingerprint;
    bool operator==(const Release&) const = default;
};

enum class Phase { version, probe, deploy, gate, rollback, rollback_gate, done };
std::string_view
phase_name(Phase phase); // "version", "probe", "deploy", "gate", "rollback", "rollback-gate", "done"

// Exit codes of `run`, see unitgate-run(8).
enum class RunExit { ready = 0, unhealthy = 69, not_written = 73, busy = 75, bad_configuration = 78 };

namespace step {

// Actions, to be carried out in the order given. The first five end in the event named.
struct FindVersion {}; // -> VersionFound | VersionUnknown
struct TryOnce {
    std::string version;
}; // -> TriedOnce
struct Deploy {
    std::string version;
    bool is_rollback;
}; // -> Deployed | DeployFailed
struct Gate {
    std::string version;
    bool is_rollback;
}; // -> GatePassed | GateFailed | GateDeadlocked
// State writes and alerts are durable when carried out; -> NotWritten when one fails. Neighbouring state
// writes may be one write of the file.
struct NoteUnderWay {
    Phase phase;
    std::string version;
};
struct RecordLastGood {
    Release release;
    bool drop_hold;
};                  // drop_hold: whatever is held is so no longer
struct RecordPass { // a version has passed in this boot, be it in one try
    bool wanted;    // it is the one that is wanted
};
struct Hold {
    Release release;
    Reason reason;
};
struct ClearNote {};
struct Alert {
    Reason reason;
    std::string version;        // empty: unknown
    std::string rolled_back_to; // empty: no rollback
    std::string detail;         // from the event that caused it
};
// What runs now, for STATUS=, the journal and a terminal. failed_version: rolled back from or held. At the
// end of a reload it comes with Phase::done instead of Ready.
struct Tell {
    Phase phase;
    std::string version, failed_version;
};
struct Ready {
    std::string version;
    std::string failed_version;
}; // READY=1; failed_version: rolled back from or held
struct Finish {
    RunExit code;
}; // last one; after Terminated: die by the signal instead

using Action = std::variant<FindVersion, TryOnce, Deploy, Gate, NoteUnderWay, RecordLastGood, RecordPass,
                            Hold, ClearNote, Alert, Tell, Ready, Finish>;

// Events.
struct VersionFound {
    std::string version;
};
struct VersionUnknown {
    std::string detail;
};
struct TriedOnce {
    bool passed;
};
struct Deployed {};
struct DeployFailed {
    std::string detail;
};
struct GatePassed {};
struct GateFailed {
    std::string detail;
};
struct GateDeadlocked { // it waits for a unit that waits for this one; the version is not at fault
    std::string detail;
};
struct NotWritten {}; // an action of the last batch could not be made durable
struct Terminated {}; // SIGTERM; what was running has been ended

using Event = std::variant<VersionFound, VersionUnknown, TriedOnce, Deployed, DeployFailed, GatePassed,
                           GateFailed, GateDeadlocked, NotWritten, Terminated>;

} // namespace step

struct StepsConfig {
    std::string fingerprint;    // of the [deploy] table now
    bool always_deploy = false; // [deploy] when = "always"
    bool rollback = true;       // [rollback] enabled
    bool reload = false;        // run --reload: no Ready, the exit code is the verdict
    // Noted as under way from the start; else from its deploy on: a run that has changed nothing yet, and
    // whose end its manager tells.
    bool note_at_once = true;
    std::optional<Release> last_good;
    std::optional<Release> held;
};

class Steps {
  public:
    explicit Steps(StepsConfig config);
    std::vector<step::Action> start();
    // What comes back, if anything, replaces what is left of the batch under way. After Finish has been given
    // there is nothing more, but for NotWritten, which turns that Finish into exit code 73. An event that
    // does not belong to the phase is ignored.
    std::vector<step::Action> on(const step::Event& event);
    Phase phase() const { return phase_; }

  private:
    using Actions = std::vector<step::Action>;
    Actions on_version(const std::string& version);
    Actions on_tried(bool passed);
    Actions deploy();
    Actions on_deployed();
    Actions on_passed();
    Actions on_failed(Reason reason, const std::string& detail);
    Actions on_deadlocked(const std::string& detail);
    Actions on_not_written();
    Actions on_terminated();
    Actions ready(Actions before);
    Actions close(Actions before, RunExit code);
    bool is_rollback() const { return phase_ == Phase::rollback || phase_ == Phase::rollback_gate; }

    StepsConfig config_;
    Phase phase_ = Phase::version;
    std::string version_;        // deployed or gated now
    std::string failed_version_; // rolled back from, or held
    std::string unknown_;        // why the version is unknown; with it only a healthy last good is of use
    bool version_unknown_ = false, deployed_ = false, alerted_ = false, not_written_ = false, closed_ = false;
    bool terminated_ = false;
};

} // namespace unitgate
