// SPDX-License-Identifier: MIT
#include "io/orphans.hpp"

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include "io/process_tree.hpp"

namespace unitgate {

std::set<pid_t>& leaders() {
    static std::set<pid_t> all;
    return all;
}

bool has_children() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0; // else ECHILD
}

std::set<pid_t> children_here() {
    std::set<pid_t> found;
    if (!has_children()) return found;
    for (const ProcessEntry& entry : all_processes())
        if (entry.parent == ::getpid()) found.insert(entry.pid);
    return found;
}

Status OrphanReaper::start() {
    auto source = add_signal(event_, SIGCHLD, [this] { (void)look_soon(); });
    if (!source) return tl::unexpected(source.error());
    signal_ = *std::move(source);
    return look_soon();
}

// Signals come ahead of all else, so also of the source that reaps a leader.
Status OrphanReaper::look_soon() {
    if (later_) return {};
    auto source = add_defer(event_, [this] { look(); });
    if (!source) return tl::unexpected(source.error());
    later_ = *std::move(source);
    return {};
}

void OrphanReaper::look() {
    later_.reset();
    for (;;) {
        siginfo_t info{};
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0) return;
        // The kernel shows one and the same until that is reaped, which this turn of the loop is for.
        if (leaders().contains(info.si_pid)) return (void)look_soon();
        ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
}

} // namespace unitgate
