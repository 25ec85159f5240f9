// SPDX-License-Identifier: MIT
// The ids that tie a run to its host's boot and to its unit's start. Used where state and alerts are written.
#pragma once

#include <string>

namespace unitgate {

// 32 hex digits; empty where the kernel does not tell.
std::string boot_id();

// $INVOCATION_ID as the service manager sets it, 32 hex digits; empty outside systemd or when it is
// malformed.
std::string invocation_id();

} // namespace unitgate
