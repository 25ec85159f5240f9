// SPDX-License-Identifier: MIT
// `unitgate start`, `stop`, `reconcile` and `rehearse`: deploy units brought up, taken down, kept at their
// wanted version and started cold, through the service manager.
#pragma once

#include "app/verb.hpp"

namespace unitgate {

int start_verb(const Invocation& invocation);
int stop_verb(const Invocation& invocation);
int reconcile_verb(const Invocation& invocation);
int rehearse_verb(const Invocation& invocation);

} // namespace unitgate
