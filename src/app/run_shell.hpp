// SPDX-License-Identifier: MIT
// Carries out the actions of deploy/steps and feeds it what came of them: the commands, the gate, signals,
// and what is told of them. Owns the child and the gate under way. Decides nothing about the run itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/run_obstacle.hpp"
#include "app/run_record.hpp"
#include "deploy/crowd.hpp"
#include "deploy/steps.hpp"
#include "deploy/version.hpp"
#include "gate/gate.hpp"
#include "io/event.hpp"
#include "io/process.hpp"
#include "report/report.hpp"
#include "report/status.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct RunVerdict {
    RunExit code = RunExit::unhealthy;
    int signal = 0;  // not 0: it was stopped by this one and is to die by it
    ReadyWords up{}; // of `ready`: what was told
};

struct RunMode {
    bool reload = false;
    bool redeploy = false; // by the watch: deploys in any case, and leaves SIGHUP to it
    // In a rehearsal's cold start: nothing is taken for healthy without a deploy, and these probes fail.
    std::optional<StoppedServers> rehearsed;
    // Called when all is written down and before the manager hears READY=1: what somebody may begin then has
    // to find the lock free.
    std::function<void()> before_ready{};
};

class RunShell {
  public:
    // All but `mode` must outlive it; `record` is open. `where` is where the other specs are.
    RunShell(Event& event, const SpecPath& where, const Spec& spec, const Credentials& credentials,
             Report& report, RunRecord& record, RunMode mode);
    Result<RunVerdict> run();
    // The step under way is within its limit.
    bool is_on_time() const;

  private:
    Status watch_signals();
    void feed(const step::Event& event);
    void perform(std::vector<step::Action> batch);
    // False: it is not durable, as it should be.
    bool carry_out(const step::Action& action, bool save);
    void find_version();
    void try_once(const std::string& version);
    void deploy(const step::Deploy& what);
    void gate(const step::Gate& what);
    void share_gate();
    std::unique_ptr<Gate> leave_gate();
    Status open_gate(const std::string& version, Duration deadline,
                     void (RunShell::*done)(const GateReport&));
    void on_version(const Result<std::string>& found);
    void on_deployed(const std::string& name, const ProcessEnd& end);
    void on_tried(const GateReport& report);
    void on_gate(const GateReport& report);
    void on_progress(const GateReport& report);
    const ProbeReport* waits_for_stopped(const GateReport& report) const;
    void on_obstacle(const Obstacle& obstacle);
    void on_stopped_server(const ProbeReport& probe);
    void deadlocked(GateReport blamed, const std::string& detail);
    void show_gate();
    void warn(const GateReport& report);
    void deploy_failed(const std::string& detail);
    void later(step::Event event); // from the loop, as all events come
    void stop(int signal);
    void stopped();

    void tell(const step::Tell& what);
    Duration time_to_ask_for() const;
    void tell_ready(const step::Ready& what, bool in_manager);
    void tell_finish(RunExit code);
    Occurrence about(EventKind kind, const std::string& version) const;
    Duration since(Instant moment) const {
        return std::chrono::duration_cast<Duration>(Clock::now() - moment);
    }

    Event& event_;
    const SpecPath& where_;
    const Spec& spec_;
    const Credentials& credentials_;
    Report& report_;
    RunRecord& record_;
    const bool is_redeploy_;
    StoppedServers stopped_;
    std::function<void()> before_ready_;
    Duration deadline_; // of the gate of this run
    Steps steps_;
    std::vector<std::string> environment_;

    std::unique_ptr<VersionLookup> lookup_;
    std::unique_ptr<Process> process_;
    std::unique_ptr<Gate> gate_;
    std::optional<Crowd> crowd_;               // while the gate waits
    std::unique_ptr<ObstacleWatch> obstacles_; // while the gate waits, in a unit
    std::vector<Source> signals_;
    Source later_;
    RunVerdict verdict_;
    Duration gate_took_{0}; // of the last gate in full

    // For what is told.
    Instant began_ = Clock::now(), phase_began_ = began_;
    Phase phase_ = Phase::version; // of the last Tell, as the next two
    std::string version_, failed_version_;
    std::string unknown_;    // why the version is unknown
    std::string waiting_on_; // probe and cause of the last gate_waiting
    std::optional<GateReport> last_gate_;
    std::optional<step::Alert> last_alert_;
    bool deployed_ = false, rolled_back_ = false, told_held_ = false;
};

} // namespace unitgate
