// SPDX-License-Identifier: MIT
#include "deploy/activity.hpp"

#include <sys/stat.h>
#include <utility>

#include "deploy/state.hpp"

namespace unitgate {

Activity::Activity(std::string state_folder, std::string name, std::string app)
    : folder_(std::move(state_folder)), name_(std::move(name)), app_(std::move(app)),
      path_(StateStore(folder_, name_).path()) {}

// The state file is replaced at each write, by one with another inode and time.
std::uint64_t Activity::mark() const {
    struct stat info {};
    if (::stat(path_.c_str(), &info) != 0) return 0;
    return static_cast<std::uint64_t>(info.st_ino) * 1000003U +
           static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1000000000U +
           static_cast<std::uint64_t>(info.st_mtim.tv_nsec);
}

bool Activity::quiet_since(std::uint64_t mark_then) {
    const std::uint64_t now = mark();
    if (now != mark_then) return false;
    if (without_note_ == now) return true;
    if (has_note()) return false;
    without_note_ = now;
    return true;
}

// A note whose run is gone (killed) must not silence the watch for ever: the lock tells. It is asked for only
// where there is a note, so that no run that is about to begin finds it taken.
bool Activity::has_note() const {
    auto state = StateStore(folder_, name_).load();
    if (!state || !state->under_way) return false;
    return !lock_run(folder_, name_, app_).has_value();
}

} // namespace unitgate
