// SPDX-License-Identifier: MIT
// Time as this program uses it: spans in microseconds, deadlines on the monotonic clock (a stepped wall clock
// changes nothing), the wall clock only as a label.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace unitgate {

using Duration = std::chrono::microseconds;
using Clock = std::chrono::steady_clock; // CLOCK_MONOTONIC
using Instant = Clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// A time span as systemd.time(7) writes it: "1min 30s", "500ms", "2h", "10" (seconds). Each number may have a
// fraction ("1.5s"). No sign, no "infinity". Fails with the reason and never returns a negative span.
Result<Duration> parse_duration(std::string_view text);

// For people, at most two units and never finer than 1 ms: "14min 20s", "1.5s", "12ms", "0s".
std::string format_duration(Duration span);

// Exact, for a unit file: "930s", "1s 500ms".
std::string format_duration_exact(Duration span);

// "20260613T054428Z" (UTC), as in the name of an alert.
std::string format_timestamp(WallTime at);

} // namespace unitgate
