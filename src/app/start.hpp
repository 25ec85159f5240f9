// SPDX-License-Identifier: MIT
// `unitgate start`, `stop` and `reconcile`: deploy units brought up, taken down and kept at their wanted
// version, through the service manager.
#pragma once

#include "app/verb.hpp"

namespace unitgate {

int start_verb(const Invocation& invocation);
int stop_verb(const Invocation& invocation);
int reconcile_verb(const Invocation& invocation);

} // namespace unitgate
