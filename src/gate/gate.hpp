// SPDX-License-Identifier: MIT
// The shell around the rule: makes a prober for each probe of a spec, drives them in the event loop, reports
// progress and the verdict. Owns sockets and timers; loads libcurl only when a probe speaks HTTP.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "gate/result.hpp"
#include "io/event.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

// Secrets of a run: ID -> value, read from $CREDENTIALS_DIRECTORY, or, without systemd, from the paths of the
// spec. One trailing newline is dropped; a value with other control bytes is refused.
using Credentials = std::map<std::string, std::string>;
Result<Credentials> read_credentials(const Spec& spec);

// Domain seam: one kind of check. Tests put fakes here.
class Prober {
  public:
    virtual ~Prober() = default;
    // Begins one try; `done` comes later from the loop (never from within start), exactly once, at the latest
    // after the try's time-out. Never called while a try is in flight.
    virtual void start(std::function<void(TryResult)> done) = 0;
    // Where it looks, safe to show: "https://host/path" without user, password and query; "tcp 127.0.0.1:80".
    virtual std::string target() const = 0;
};
Result<std::unique_ptr<Prober>> make_prober(const Event& event, const Probe& probe, Duration timeout,
                                            const Expansion& expansion, const Credentials& credentials);

struct ProbeReport {
    std::string name;   // of the probe
    std::string target; // see Prober::target
    TryResult last;
    std::size_t tries = 0;
};

struct GateReport {
    bool passed = false;
    std::vector<ProbeReport> probes; // as in the spec
    Duration took{0};
    Duration left{0}; // until the deadline
    // The probe that best says why the gate has not passed: the first one whose last try failed.
    const ProbeReport* culprit() const;
};

class Gate {
  public:
    struct Callbacks {
        std::function<void(const GateReport&)> progress; // after each change of a probe's cause, and each second
        std::function<void(const GateReport&)> done;     // once; the gate is then idle and may be destroyed
    };
    // `deadline` counts from start().
    static Result<std::unique_ptr<Gate>> create(const Event& event, const GateSection& section, Duration deadline,
                                                const Expansion& expansion, const Credentials& credentials,
                                                Callbacks callbacks);
    void start();
    // One try of each probe instead of the rule: `done` says passed only if all passed.
    void try_once();
    ~Gate();

  private:
    struct State;
    explicit Gate(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace unitgate
