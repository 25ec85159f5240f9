// SPDX-License-Identifier: MIT
// fork and exec with everything a deploy command must not inherit taken away. Used by io/process alone.
#pragma once

#include "base/error.hpp"
#include "base/fd.hpp"
#include "io/process.hpp"

#include <sys/types.h>

namespace unitgate {

struct Spawned {
    pid_t pid = -1; // leader of its own process group
    Fd output;      // the reading end of its stdout, non-blocking; only with `capture` or `tail`
};

// Returns once the child has executed the command, or fails with the errno of the step that failed.
// The child: signals at their defaults and unblocked, only fds 0 to 2, killed when this process dies.
Result<Spawned> spawn(const ProcessOptions& options);

} // namespace unitgate
