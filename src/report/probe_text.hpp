// SPDX-License-Identifier: MIT
// What `probe` shows of tries: one at length, many as a line each and a sum. Pure; whoever calls it has taken
// the secrets out of the evidence.
#pragma once

#include <map>
#include <string>
#include <string_view>
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
    void add(const std::vector<ProbeShown>& probes);
    // A line a probe: "probe-1  6/6  min 3.90ms, median 4.10ms, max 5.00ms", "port  4/6  refused 2".
    std::string text() const;
    Json json() const;

  private:
    struct Row {
        std::string name;
        std::size_t tries = 0, passed = 0;
        std::vector<Duration> took; // of those that passed
        std::map<std::string, std::size_t> causes;
    };
    std::vector<Row> rows_;
};

} // namespace unitgate
