// SPDX-License-Identifier: MIT
// The ids that tie a run to its host's boot and to its unit's start. Used where state and alerts are written.
#pragma once

#include <string>

namespace unitgate {

// 32 hex digits; empty where the kernel does not tell.
std::string boot_id();

// $INVOCATION_ID as the service manager gave it to this very process, 32 hex digits; empty outside systemd,
// when it is malformed, or when it was handed down by a shell that systemd started ($SYSTEMD_EXEC_PID,
// systemd.exec(5)).
std::string invocation_id();

// The unit whose main or control process systemd made this very process; empty outside systemd, as above, and
// in a user's service manager. Asks the kernel (sd_pid_get_unit(3)).
std::string own_unit();

// 32 hex digits that nobody else has.
std::string random_id();

} // namespace unitgate
