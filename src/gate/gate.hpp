// SPDX-License-Identifier: MIT
// The shell around the rule: drives the probers of a spec in the event loop, reports progress and the
// verdict. Owns the timers of a gate and, through its probers, their sockets; loads libcurl only when a probe
// needs it. Called by the run's steps and by the verbs that probe. Never prints, never blocks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "gate/probers.hpp"
#include "gate/rule.hpp"
#include "gate/try_loop.hpp"
#include "io/event.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct GateReport {
    bool passed = false;
    GateRule::Verdict verdict = GateRule::Verdict::open; // why it has not
    std::vector<ProbeReport> probes;                     // as in the spec
    Duration took{0};
    Duration left{0}; // until the deadline
    std::optional<std::size_t> lost;
    // The probe that best says why the gate has not passed: the one that it was given up for, or the first
    // one that is not optional and whose last try failed. nullptr where none did: no try has ended yet, or
    // all pass and `passes` or `settle` are not reached.
    const ProbeReport* culprit() const;
};

class Gate {
  public:
    struct Callbacks {
        // After each change of a probe's cause, and each second; after a minute each sixtieth of the time
        // waited instead.
        std::function<void(const GateReport&)> progress;
        std::function<void(const GateReport&)>
            done; // once; it may destroy the gate, which tries nothing more
    };
    // `deadline` counts from start(). `event` must outlive the gate. Fails where a probe can't be made: an
    // unknown credential, an unusable pattern, no libcurl. See make_probers().
    static Result<std::unique_ptr<Gate>> create(const Event& event, const GateSection& section,
                                                Duration deadline, const Expansion& expansion,
                                                const Credentials& credentials, Callbacks callbacks,
                                                const StoppedServers& stopped = {},
                                                const BusTarget& manager = own_bus());
    // The same over given probers; the roles of `limits` are theirs.
    static std::unique_ptr<Gate> with_probers(const Event& event, RuleLimits limits, Probers probers,
                                              Callbacks callbacks);
    // One of these, once. Both return at once; callbacks come from the loop, never from within the call.
    void start();
    // One try of each probe instead: see GateRule::start_once.
    void try_once();
    // Before either: results come with evidence, for a person; one try each then waits for every answer.
    void inspect();
    // So many gates wait on this host, this one included; more than ten share what ten may spend.
    void share_with(std::size_t gates);
    // At any time, also from its own callbacks: tries in flight are abandoned and no callback comes any more.
    ~Gate();

  private:
    struct State;
    explicit Gate(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

} // namespace unitgate
