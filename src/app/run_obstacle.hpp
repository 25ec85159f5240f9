// SPDX-License-Identifier: MIT
// Looks whether a gate that keeps failing waits in vain: asks the service manager which jobs wait for this
// unit's own, and lets plan/obstacle judge. Owns a connection of its own, made only once a probe has failed
// for half a second, so that a gate that passes soon never pays for it. A manager that does not answer
// changes nothing. Used by RunShell, one object a gate.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gate/gate.hpp"
#include "io/event.hpp"
#include "plan/obstacle.hpp"
#include "spec/load.hpp"
#include "systemd/job_facts.hpp"
#include "systemd/manager.hpp"

namespace unitgate {

class ObstacleWatch {
  public:
    // `found` comes from the loop whenever the obstacle is another one than before (also none any more); it
    // may destroy the watch. `invocation` is that of this run. All references must outlive it.
    ObstacleWatch(const Event& event, const SpecPath& where, const Spec& spec, std::string invocation,
                  std::function<void(const Obstacle&)> found);

    // As the gate reports it.
    void progress(const GateReport& report);
    const Obstacle& last() const { return last_; }

  private:
    void wake_at(Instant at);
    void look();
    void connect();
    void ask();
    void judge(const JobFacts& facts);
    std::vector<std::string> failing(Instant now) const; // probes, for long enough

    const Event& event_;
    const SpecPath& where_;
    const Spec& spec_;
    std::string invocation_;
    std::function<void(const Obstacle&)> found_;

    std::map<std::string, Instant> failing_since_; // by probe
    std::vector<Spec> specs_;                      // what the finder points into
    std::optional<ObstacleFinder> finder_;
    std::optional<Manager> manager_;
    bool useless_ = false; // the manager is gone, or this is no start of its unit
    bool asking_ = false, due_ = false;
    Duration pause_{0}; // until the next question
    Obstacle last_;
    Source timer_, tell_;
};

} // namespace unitgate
