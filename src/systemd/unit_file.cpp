// SPDX-License-Identifier: MIT
#include "systemd/unit_file.hpp"

#include <algorithm>

#include "systemd/escape.hpp"

namespace unitgate {

namespace {

void line(std::string& out, std::string_view key, std::string_view value) {
    out.append(key).append("=").append(value).append("\n");
}

// "KEY=a b c", each name once; no line for no name. What is no unit name is left out; make_unit_set reports
// it.
void names_line(std::string& out, std::string_view key, const Names& names, const std::string& extra = {}) {
    std::vector<std::string_view> once;
    auto add = [&](std::string_view name) {
        if (is_unit_name(name) && std::find(once.begin(), once.end(), name) == once.end())
            once.push_back(name);
    };
    for (const auto& name : names)
        add(name.value);
    add(extra);
    if (once.empty()) return;
    std::string value;
    for (auto name : once) {
        if (!value.empty()) value += ' ';
        value += name;
    }
    line(out, key, value);
}

std::string call(const UnitContext& context, std::string_view verb, std::string_view name) {
    std::string command = exec_argument(context.binary);
    for (const auto& folder : context.spec_folders)
        command += " --specs " + exec_argument(folder);
    return command.append(" ").append(verb).append(" ").append(name);
}

void head(std::string& out, std::string_view description, const std::string& path) {
    out.append(unit_file_mark).append("\n[Unit]\n");
    line(out, "Description", unit_text_value(description));
    line(out, "Documentation", "man:unitgate-run(8)");
    // Lets `systemctl status` say that the unit is older than its spec. A path that no line can hold is left
    // out.
    if (auto source = unit_path_value(path); source && path.starts_with('/'))
        line(out, "SourcePath", *source);
}

// What a killed run could not say is recorded by another unit; and a start is never refused for being the
// seventh in ten seconds: without restarts the limit would hit only the person who types.
void on_failure(std::string& out) {
    line(out, "OnFailure", "unitgate-alert@%n.service");
    line(out, "StartLimitIntervalSec", "0");
}

void service(std::string& out, std::string_view name, const UnitContext& context) {
    out += "\n[Service]\n";
    line(out, "Type", "notify");
    line(out, "RemainAfterExit", "yes");
    line(out, "ExecStart", call(context, "run", name));
    line(out, "ExecReload", call(context, "run --reload", name));
    // A start job must end with a verdict, and with a restart policy OnFailure= would not fire for a killed
    // run.
    line(out, "Restart", "no");
    // A deploy command killed for memory is `deploy-failed` and rolled back; the run itself must live on for
    // that.
    line(out, "OOMPolicy", "continue");
    line(out, "StateDirectory", "unitgate");
    // A deploy command may do anything that root can, and so may what it starts: here stands only what no
    // such command can run into.
    //
    // NotifyAccess=exec takes notifications from the run alone. A deploy command gets no NOTIFY_SOCKET
    // anyway, so nothing that it could do before is lost; a stray READY=1 of one of its children is.
    //
    // KeyringMode=private is a session keyring of its own, as every service has by default; written down so
    // that a drop-in for all services (`service.d`) cannot share root's keyring with it.
    //
    // StandardInput=null gives a command that asks a question an end of file, at which it fails instead of
    // waiting for an answer that cannot come. There is no terminal to lose.
    //
    // Left out, because some deploy command needs what they forbid: NoNewPrivileges (sudo), ProtectSystem,
    // PrivateTmp and PrivateMounts (files and mounts the host must see), ProtectHome (recipes and ssh keys
    // under /root), PrivateDevices, DevicePolicy and ProtectClock (disks, the clock), ProtectKernelModules,
    // -Tunables and -Logs (modprobe, sysctl, dmesg), ProtectControlGroups and RestrictNamespaces (container
    // engines without a daemon), RestrictAddressFamilies and IPAddressDeny, RestrictSUIDSGID (package
    // managers), RestrictRealtime, MemoryDenyWriteExecute (JIT compilers), SystemCallArchitectures and
    // LockPersonality (32-bit programs).
    line(out, "NotifyAccess", "exec");
    line(out, "KeyringMode", "private");
    line(out, "StandardInput", "null");
}

} // namespace

std::string unit_text(const Spec& spec, const UnitContext& context) {
    std::string out;
    out.reserve(1024);
    head(out, spec.description.empty() ? "Deploy of " + spec.app : spec.description, spec.path);
    const UnitSection& unit = spec.unit;
    // The network is only waited for if somebody wants it (systemd.special(7)).
    bool online = std::any_of(unit.after.begin(), unit.after.end(),
                              [](const auto& name) { return name.value == "network-online.target"; });
    names_line(out, "After", unit.after);
    names_line(out, "Before", unit.before);
    names_line(out, "Wants", unit.wants, online ? "network-online.target" : "");
    names_line(out, "Requires", unit.requires_);
    names_line(out, "Requisite", unit.requisite);
    names_line(out, "BindsTo", unit.binds_to);
    names_line(out, "PartOf", unit.part_of);
    names_line(out, "Conflicts", unit.conflicts);
    on_failure(out);
    service(out, spec.name, context);
    // Bounds a reload too: systemd has no time-out of its own for ExecReload=.
    line(out, "TimeoutStartSec", format_duration_exact(longest_run(spec) + start_timeout_margin));
    // From READY=1 on: a watch that no longer gets anywhere is killed, and that is recorded. Pacing of its
    // own needs no other value: the watch answers for its loop twice in this time, whatever its interval is.
    if (spec.watch) line(out, "WatchdogSec", "30s");
    for (const auto& [id, path] : spec.credentials)
        if (auto value = unit_path_value(path)) line(out, "LoadCredential", id + ":" + *value);
    return out;
}

std::string timer_name(const Spec& spec) {
    return "deploy-" + spec.name + ".timer";
}

std::string reconcile_name(const Spec& spec) {
    return "unitgate-reconcile@" + spec.name + ".service";
}

std::string timer_text(const Spec& spec) {
    std::string out;
    head(out, "When " + spec.app + " is brought to its wanted version", spec.path);
    out += "\n[Timer]\n";
    line(out, "OnCalendar", unit_text_value(spec.unit.schedule));
    line(out, "Unit", reconcile_name(spec));
    return out;
}

std::string reconcile_text(const Spec& spec, const UnitContext& context) {
    std::string out;
    head(out, "Brings " + spec.app + " to its wanted version", spec.path);
    out += "\n[Service]\n";
    line(out, "Type", "oneshot");
    line(out, "ExecStart", call(context, "reconcile", spec.name));
    // 3: rolled back or held. That has its alert; one failed unit a day beside it would tell nothing new.
    line(out, "SuccessExitStatus", "3");
    line(out, "TimeoutStartSec", format_duration_exact(longest_run(spec) + 2 * start_timeout_margin));
    return out;
}

std::string unit_text(const LoadedSpecs::Broken& broken, const UnitContext& context) {
    std::string out;
    head(out, "Deploy of " + (broken.app.empty() ? broken.name : broken.app) + " (its spec is bad)",
         broken.path);
    on_failure(out);
    service(out, broken.name, context);
    return out;
}

} // namespace unitgate
