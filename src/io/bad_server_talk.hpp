// SPDX-License-Identifier: MIT
// The talk of a BadServer on one connection; it blocks. Called in the server's process alone.
#pragma once

#include "io/bad_server.hpp"

namespace unitgate {

// Closes `fd`.
void talk(Fd fd, const ServerScript& script, const ServerIdentity* identity);

} // namespace unitgate
