// SPDX-License-Identifier: MIT
// How long to wait after a failed try.
#include "gate/rule.hpp"

#include <algorithm>

namespace unitgate {

namespace {

// A try may use one part in sixty of a core: 1.7 %. A refused connect on the loopback costs about 50 us,
// so it is tried again each 3 ms; a TLS handshake of 2 ms each 120 ms.
constexpr int pause_per_cost = 60;
// Who has waited 900 s does not mind one second more: the pause is a thousandth of the time waited, which
// keeps the number of tries in a quarter of an hour below ten thousand.
constexpr int waited_per_pause = 1000;
constexpr Duration shortest = std::chrono::milliseconds(1);
constexpr Duration shortest_jittered = std::chrono::milliseconds(100);

} // namespace

Duration pause_after_failure(Duration waited, Duration cost, Duration interval) {
    Duration pause = std::max({cost * pause_per_cost, waited / waited_per_pause, shortest});
    return std::min(pause, interval);
}

Duration jittered(Duration pause, std::uint32_t& seed) {
    seed ^= seed << 13; // xorshift (Marsaglia, 2003)
    seed ^= seed >> 17;
    seed ^= seed << 5;
    if (pause < shortest_jittered) return pause;
    return pause - pause / 5 * (seed % 1024) / 1024;
}

} // namespace unitgate
