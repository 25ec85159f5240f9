// SPDX-License-Identifier: MIT
#include "io/environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unistd.h>

namespace unitgate {

namespace {

// Of this process alone: a child with NOTIFY_SOCKET could say READY=1, one with the credentials could leak
// them, and one with STATE_DIRECTORY could take our folder for its own.
bool stays_here(std::string_view name) {
    constexpr std::array names{"NOTIFY_SOCKET",   "CREDENTIALS_DIRECTORY",
                               "STATE_DIRECTORY", "SYSTEMD_EXEC_PID",
                               "FDSTORE",         "MAINPID"};
    constexpr std::array beginnings{"WATCHDOG_", "LISTEN_", "MONITOR_"};
    return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return name == one; }) ||
           std::any_of(beginnings.begin(), beginnings.end(),
                       [&](std::string_view one) { return name.substr(0, one.size()) == one; });
}

} // namespace

std::vector<std::string> inherited_environment() {
    std::vector<std::string> all;
    for (char** entry = environ; entry && *entry; ++entry)
        all.emplace_back(*entry);
    return all;
}

std::map<std::string, std::string> for_commands(const std::vector<std::string>& inherited) {
    std::map<std::string, std::string> all;
    for (const std::string& entry : inherited) {
        auto equals = entry.find('=');
        if (equals == std::string::npos || equals == 0) continue;
        if (std::string name = entry.substr(0, equals); !stays_here(name))
            all[name] = entry.substr(equals + 1);
    }
    return all;
}

std::vector<std::string> entries_of(const std::map<std::string, std::string>& environment) {
    std::vector<std::string> entries;
    for (const auto& [name, value] : environment)
        entries.push_back(name + "=" + value);
    return entries;
}

} // namespace unitgate
