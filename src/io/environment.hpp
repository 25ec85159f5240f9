// SPDX-License-Identifier: MIT
// The environment that commands get: this process's own, without what is meant for this process alone. Used
// for version and deploy commands and for `exec` probes.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace unitgate {

std::vector<std::string> inherited_environment(); // of this process, NAME=VALUE

// `inherited` without NOTIFY_SOCKET, WATCHDOG_*, LISTEN_*, CREDENTIALS_DIRECTORY, STATE_DIRECTORY and the
// like, and without entries that are none.
std::map<std::string, std::string> for_commands(const std::vector<std::string>& inherited);

std::vector<std::string> entries_of(const std::map<std::string, std::string>& environment); // NAME=VALUE

} // namespace unitgate
