// SPDX-License-Identifier: MIT
// How long to wait after a failed try.
#include "gate/rule.hpp"

#include <algorithm>

namespace unitgate {

namespace {

// A try may use one part in sixty of a core: 1.7 %. A refused connect on the loopback costs about 50 us,
// so it is tried again each 3 ms; a TLS handshake of 2 ms each 120 ms. Below one in a hundred where the
// connection is kept: a request after a pause costs 150 to 200 us, so it is made each 16 to 22 ms. Where the
// kernel tells of a listener, the tries are for what it does not see, a rule of the firewall say, and that
// may be noticed a little later.
constexpr int pause_per_cost(Pace pace) {
    switch (pace) {
    case Pace::plain:
        return 60;
    case Pace::kept:
        return 110;
    case Pace::watched:
        return 600;
    }
    return 60;
}

// Who has waited 900 s does not mind one second more: the pause is a thousandth of the time waited, and past
// the first four seconds a fiftieth of what goes beyond; where the listener is watched, from the beginning.
// That keeps the number of tries in a quarter of an hour near a thousand, most of them those that `interval`
// wants; most apps are up by then, and one that starts for a minute is noticed within a second more.
constexpr int waited_per_pause = 1000, long_waited_per_pause = 50;
constexpr Duration short_wait = std::chrono::seconds(4);
constexpr Duration shortest = std::chrono::milliseconds(1);
constexpr Duration shortest_jittered = std::chrono::milliseconds(100);

} // namespace

Duration pause_after_failure(Duration waited, Duration cost, Duration interval, Pace pace) {
    Duration patience = std::max(waited / waited_per_pause, (waited - short_wait) / long_waited_per_pause);
    if (pace == Pace::watched) patience = std::max(patience, waited / long_waited_per_pause);
    Duration pause = std::max({cost * pause_per_cost(pace), patience, shortest});
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
