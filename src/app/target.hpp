// SPDX-License-Identifier: MIT
// Which service manager a verb talks to (-H, -M and --user, as systemctl(1) has them), and the commands that
// are shown for it. Used by every verb that talks to one; connects to nothing.
#pragma once

#include <optional>
#include <string>

#include "app/verb.hpp"
#include "base/error.hpp"
#include "io/bus.hpp"

namespace unitgate {

// An error is one of usage.
Result<BusTarget> bus_target(const Invocation& invocation);

// " -H web1", to be put into systemctl commands; empty for the local system.
std::string target_options(const BusTarget& target);
// "journalctl", with what reaches the journal of that manager's host.
std::string journal_command(const BusTarget& target);
// What to look at when it can't be reached.
std::string target_remedy(const BusTarget& target);

// Where its runs keep their state: --state, else what StateDirectory=unitgate of its units stands for.
// Nothing where it is on another host.
std::optional<std::string> state_folder_of(const Invocation& invocation, const BusTarget& target);

} // namespace unitgate
