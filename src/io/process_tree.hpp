// SPDX-License-Identifier: MIT
// What the kernel tells about processes and memory in /proc and /sys/fs/cgroup. Reads only; sends no signal.
// Used by io/process alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace unitgate {

struct ProcessEntry {
    pid_t pid = 0, parent = 0, group = 0;
    bool zombie = false;
};

// "PID (COMM) STATE PPID PGRP ...", as /proc/PID/stat in proc(5); COMM may hold blanks and brackets.
std::optional<ProcessEntry> parse_stat(std::string_view text);

// Every process of this host, no snapshot of one moment: look again after a change. The per-task `children`
// files would be cheaper, but not every kernel has them.
std::vector<ProcessEntry> all_processes();

// Those of `all` below `root`, `root` itself left out.
std::vector<ProcessEntry> descendants(const std::vector<ProcessEntry>& all, pid_t root);

// Whether the process was started with `entry` (NAME=VALUE) in its environment. False where that can't be
// read.
bool has_in_environment(pid_t pid, std::string_view entry);

// The path of the unified control group in the text of /proc/self/cgroup ("0::/system.slice/x.service").
std::optional<std::string> unified_cgroup(std::string_view text);
// The oom_kill counter in the text of memory.events.
std::optional<std::uint64_t> oom_kill_count(std::string_view text);
// Processes of this process's control group that the kernel has killed for memory; nullopt where it isn't
// counted.
std::optional<std::uint64_t> oom_kills_here();

} // namespace unitgate
