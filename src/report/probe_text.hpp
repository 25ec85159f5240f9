// SPDX-License-Identifier: MIT
// What `probe` shows of tries: one at length, many as a line each and a sum. Pure; whoever calls it has taken
// the secrets out of the evidence.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "gate/gate.hpp"

namespace unitgate {

// A try of one probe, or why there was none.
struct ProbeShown {
    std::string name, target;
    TryResult result;
    std::string untried; // not empty: there is no result
    std::string curl;    // a command that asks the same; empty where curl can't
    bool passed() const { return untried.empty() && result.passed(); }
};

// "0.12ms", "12.3ms", "1.5s".
std::string fine_duration(Duration span);

// Lines; `now` tells how long a certificate is still valid.
std::string probe_text(const ProbeShown& probe, WallTime now);
Json probe_json(const ProbeShown& probe);

// One line: "pass  probe-1  200  4.10ms".
std::string probe_line(const ProbeShown& probe);

// Many tries of the probes of one gate.
class ProbeSum {
  public:
    // `wanted`: how often they are to be tried; none: until somebody ends it.
    explicit ProbeSum(std::optional<std::size_t> wanted = {}) : wanted_(wanted) {}
    void add(const std::vector<ProbeShown>& probes); // one try of each
    std::optional<std::size_t> wanted() const { return wanted_; }
    std::size_t made() const { return made_; }
    // Whether they were tried as often as wanted, at least once.
    bool has_enough() const { return made_ >= wanted_.value_or(1); }
    // A line a probe: "probe-1  6/6  min 3.90ms, median 4.10ms, max 5.00ms", "port  4/6  refused 2"; and one
    // more where that are not enough.
    std::string text() const;
    Json json() const; // a row a probe; times in seconds

  private:
    struct Times {
        Duration min{0}, median{0}, max{0};
    };
    struct Row {
        std::string name;
        std::size_t tries = 0, passed = 0;
        std::vector<Duration> took; // of those that passed
        std::map<std::string, std::size_t> causes;
        std::optional<Times> times() const; // nothing where none passed
    };
    std::optional<std::size_t> wanted_;
    std::size_t made_ = 0;
    std::vector<Row> rows_;
};

} // namespace unitgate
