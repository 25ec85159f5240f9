// SPDX-License-Identifier: MIT
#include "app/target.hpp"

#include <cstdlib>

#include <sys/stat.h>

#include "deploy/state.hpp"

namespace unitgate {

namespace {

// The parts of "user@web1:2222/container", as sd_bus_open_system_remote(3) takes them.
struct HostParts {
    std::string login, port, container;
};

HostParts parts_of(const std::string& name) {
    HostParts parts;
    auto slash = name.find('/');
    parts.login = name.substr(0, slash);
    if (slash != std::string::npos) parts.container = name.substr(slash + 1);
    auto colon = parts.login.rfind(':');
    if (colon == std::string::npos || parts.login.find(':') != colon) return parts; // none, or IPv6
    parts.port = parts.login.substr(colon + 1);
    parts.login.resize(colon);
    return parts;
}

std::string ssh_command(const HostParts& parts) {
    return "ssh " + (parts.port.empty() ? "" : "-p " + parts.port + " ") + parts.login;
}

// systemd.exec(5), StateDirectory= of a user's units: since release 254 below $XDG_STATE_HOME, before that
// below $XDG_CONFIG_HOME.
std::string user_state_folder() {
    auto base = [](const char* variable, const char* below_home) {
        const char* given = std::getenv(variable);
        if (given && *given == '/') return std::string(given) + "/unitgate";
        const char* home = std::getenv("HOME");
        return std::string(home ? home : "") + below_home + "/unitgate";
    };
    std::string now = base("XDG_STATE_HOME", "/.local/state"), before = base("XDG_CONFIG_HOME", "/.config");
    struct stat info {};
    return ::stat(now.c_str(), &info) == 0 ? now : before;
}

} // namespace

Result<BusTarget> bus_target(const Invocation& invocation) {
    BusTarget target;
    if (invocation.has("host") && invocation.has("machine"))
        return fail("'--host' and '--machine' name two different managers", "give one of them");
    target.user = invocation.has("user");
    if (invocation.has("host")) {
        target.where = BusTarget::Where::host;
        target.name = invocation.value("host");
        if (target.user)
            return fail("'--user' cannot be combined with '--host'",
                        "log in there and call it without '--host'");
    } else if (invocation.has("machine")) {
        target.where = BusTarget::Where::machine;
        target.name = invocation.value("machine");
    }
    return target;
}

std::string target_options(const BusTarget& target) {
    std::string text = target.user ? " --user" : "";
    if (target.where == BusTarget::Where::host) text += " -H " + target.name;
    if (target.where == BusTarget::Where::machine) text += " -M " + target.name;
    return text;
}

std::string journal_command(const BusTarget& target) {
    std::string command = target.user ? "journalctl --user" : "journalctl";
    // It has -M, but reads another host's journal only there.
    if (target.where == BusTarget::Where::machine) command += " -M " + target.name;
    if (target.where == BusTarget::Where::host) {
        HostParts parts = parts_of(target.name);
        command = ssh_command(parts) + " " + command;
        if (!parts.container.empty()) command += " -M " + parts.container;
    }
    return command;
}

std::string target_remedy(const BusTarget& target) {
    switch (target.where) {
    case BusTarget::Where::host:
        return "does '" + ssh_command(parts_of(target.name)) + " systemd-stdio-bridge --version' work?";
    case BusTarget::Where::machine:
        return "'machinectl list' shows the containers that run";
    case BusTarget::Where::local:
        break;
    }
    if (target.user)
        return "is there a user manager? 'systemctl --user status'; 'loginctl enable-linger' keeps one "
               "running";
    return "is D-Bus running here? 'systemctl status dbus'";
}

std::optional<std::string> state_folder_of(const Invocation& invocation, const BusTarget& target) {
    if (target.where != BusTarget::Where::local) return std::nullopt;
    if (!invocation.state_folder.empty()) return invocation.state_folder;
    return target.user ? user_state_folder() : default_state_folder();
}

} // namespace unitgate
