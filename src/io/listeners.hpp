// SPDX-License-Identifier: MIT
// Who listens on a TCP port of this host now: socket -> process -> control group -> unit, as the kernel tells
// it in /proc (proc(5)). A snapshot: by the time it is read, it may be over. Without root only one's own
// processes show; whatever cannot be read is left out. Called by verify.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "spec/model.hpp"

namespace unitgate {

struct Listener {
    SocketAddress address;
    int process = 0;
    std::string unit; // "app@site.service", "docker-2ae1.scope"
};

// One for each socket and process that listens on one of `wanted`; `proc` is where to read.
std::vector<Listener> find_listeners(std::span<const SocketAddress> wanted,
                                     const std::string& proc = "/proc");

// The system unit that a /proc/PID/cgroup names; empty: none.
std::string unit_of_cgroup(std::string_view text);

} // namespace unitgate
