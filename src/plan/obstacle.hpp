// SPDX-License-Identifier: MIT
// Why a gate that keeps failing may be waiting in vain: what its probes ask, held against the jobs that the
// service manager has queued right now. Where plan/findings says before a boot what would go wrong, this says
// it while it does. Pure; app/run_obstacle asks the manager and acts on the answer.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "plan/graph.hpp"
#include "spec/model.hpp"

namespace unitgate {

// The start job of `waiter` cannot begin before that of `awaited` has ended.
struct QueuedWait {
    std::string waiter, awaited;
};

// A unit that a probe asks, as the manager has it.
struct ServerNow {
    std::string load_state;   // "loaded", "masked", "not-found", ...
    std::string active_state; // "inactive", "failed", "activating", ...
    std::string file_state;   // "enabled", "disabled", "generated", ...; empty: not known
    bool was_active = false;  // at any time in this boot
    bool has_job = false;
};

struct JobsNow {
    std::vector<QueuedWait> waits;            // those that lead to the gated unit, over any number of links
    std::map<std::string, ServerNow> servers; // by name; who is missing is not judged
};

struct Obstacle {
    enum class Kind {
        none,
        deadlock,       // the gate can't pass before the server's job ends, and that waits for this one
        server_waits,   // the same job waits, but the server's app may run since earlier in this boot
        server_failed,  // its unit has failed
        server_idle,    // its unit does not run and nothing is about to start it
        unknown_server, // nobody is known to answer; jobs wait for this one
    };
    Kind kind = Kind::none;
    std::string probe;  // whose need it is
    std::string server; // its unit; empty for unknown_server
    std::string text;   // a clause: what is known, names and places included
    std::string brief;  // the same in a few words, for STATUS=; empty for unknown_server
    bool operator==(const Obstacle&) const = default;
};

class ObstacleFinder {
  public:
    // `specs` are all that are known, `gated` among them.
    ObstacleFinder(std::span<const Spec> specs, const Spec& gated);

    // The units that the gate's probes ask, each once; not the gated one itself.
    const std::vector<std::string>& servers() const { return servers_; }

    // The gravest one of the probes named `failing`.
    Obstacle find(const std::vector<std::string>& failing, const JobsNow& now) const;

  private:
    Graph queue_graph(const JobsNow& now, std::vector<bool>& has_job) const;
    Obstacle deadlock(const std::vector<std::string>& failing, const JobsNow& now) const;
    Obstacle of_server(const Need& need, const JobsNow& now) const;

    Graph said_; // what the specs say
    UnitId own_ = 0;
    std::vector<std::string> servers_;
};

} // namespace unitgate
