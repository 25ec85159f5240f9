// SPDX-License-Identifier: MIT
#include "deploy/command.hpp"

#include <algorithm>
#include <array>
#include <map>
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

std::vector<std::string> run_environment(const Spec& spec, const RunVersions& versions,
                                         const std::vector<std::string>& inherited, bool with_deploy_table) {
    std::map<std::string, std::string> all;
    for (const std::string& entry : inherited) {
        auto equals = entry.find('=');
        if (equals == std::string::npos || equals == 0) continue;
        if (std::string name = entry.substr(0, equals); !stays_here(name))
            all[name] = entry.substr(equals + 1);
    }
    if (with_deploy_table)
        for (const auto& [name, value] : spec.deploy.environment)
            all[name] = value;
    all["UNITGATE_NAME"] = spec.name;
    all["UNITGATE_VERSION"] = versions.version;
    all["UNITGATE_PREVIOUS"] = versions.previous;
    std::vector<std::string> entries;
    for (const auto& [name, value] : all)
        entries.push_back(name + "=" + value);
    return entries;
}

namespace {

ProcessOptions as_deploy(const std::vector<std::string>& command, const Spec& spec,
                         const Expansion& expansion, std::vector<std::string> environment) {
    ProcessOptions options;
    options.command = expand(command, expansion);
    options.directory = spec.deploy.directory.empty() ? "/" : spec.deploy.directory;
    options.environment = std::move(environment);
    options.timeout = spec.deploy.timeout;
    return options;
}

} // namespace

ProcessOptions deploy_command(const Spec& spec, const Expansion& expansion, bool is_rollback,
                              std::vector<std::string> environment) {
    const bool own = is_rollback && !spec.rollback.command.empty();
    return as_deploy(own ? spec.rollback.command : spec.deploy.command, spec, expansion,
                     std::move(environment));
}

ProcessOptions stop_command(const Spec& spec, const Expansion& expansion,
                            std::vector<std::string> environment) {
    return as_deploy(spec.stop_command, spec, expansion, std::move(environment));
}

} // namespace unitgate
