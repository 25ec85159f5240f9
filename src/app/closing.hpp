// SPDX-License-Identifier: MIT
// What start, stop and reconcile end with: the exit code, and for whom it did not go well what still runs and
// which command to type next. Pure.
#pragma once

#include <string>

#include "app/follow.hpp"

namespace unitgate {

// The exit code of `start`: 0 all up on the wanted version, 1 some are not up, 3 all up but some not on it.
int start_code(const FollowEnd& end);

// Lines; empty where nothing is left to say.
std::string closing_lines(const FollowEnd& end, const BusTarget& target);

} // namespace unitgate
