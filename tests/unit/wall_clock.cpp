// SPDX-License-Identifier: MIT
#include "wall_clock.hpp"

#include <atomic>
#include <ctime>

#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

std::atomic<std::time_t> offset{0};
std::atomic<unsigned> timer_clocks{0}; // a bit each

} // namespace

// Straight to the kernel: these are called before anything could be looked up.
extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
    long got = syscall(SYS_clock_gettime, clock, now);
    if (got == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset;
    return static_cast<int>(got);
}

extern "C" int gettimeofday(timeval* now, void*) noexcept {
    timespec exact{};
    int got = clock_gettime(CLOCK_REALTIME, &exact);
    *now = {exact.tv_sec, static_cast<suseconds_t>(exact.tv_nsec / 1000)};
    return got;
}

extern "C" time_t time(time_t* into) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}

extern "C" int timerfd_create(clockid_t clock, int flags) noexcept {
    timer_clocks |= 1U << static_cast<unsigned>(clock);
    return static_cast<int>(syscall(SYS_timerfd_create, clock, flags));
}

namespace unitgate::test {

void SteppedWallClock::step(std::chrono::seconds by) {
    offset = by.count();
}

std::set<int> clocks_of_timers() {
    std::set<int> found;
    for (int clock = 0; clock < 32; ++clock)
        if (timer_clocks & (1U << clock)) found.insert(clock);
    return found;
}

} // namespace unitgate::test
