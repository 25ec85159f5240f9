// SPDX-License-Identifier: MIT
// The wall clock of the test program: it can be stepped, for all code in it, libraries included. The
// machine's stays as it is; a time namespace (time_namespaces(7)) has none of its own to step.
#pragma once

#include <chrono>
#include <set>

namespace unitgate::test {

class SteppedWallClock {
  public:
    SteppedWallClock() = default;
    ~SteppedWallClock() { step(std::chrono::seconds(0)); }
    // How far it is from the machine's from now on.
    void step(std::chrono::seconds by);
};

// The clocks that kernel timers were made on since the start of the program: CLOCK_MONOTONIC, ...
std::set<int> clocks_of_timers();

} // namespace unitgate::test
