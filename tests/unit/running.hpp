// SPDX-License-Identifier: MIT
// Whether a process that a test has started still runs.
#pragma once

#include <string>
#include <unistd.h>

#include "base/file.hpp"
#include "io/process_tree.hpp"

namespace unitgate::test {

// Whether `sleep MARK$RUN` runs anywhere here, RUN being the number of this process: a number of seconds that
// no other run of these tests sleeps for.
inline bool runs(const std::string& mark) {
    const std::string wanted = std::string("sleep") + '\0' + mark + std::to_string(::getpid()) + '\0';
    for (const ProcessEntry& entry : all_processes())
        if (read_file("/proc/" + std::to_string(entry.pid) + "/cmdline").value_or("") == wanted) return true;
    return false;
}

} // namespace unitgate::test
