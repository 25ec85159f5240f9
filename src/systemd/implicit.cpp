// SPDX-License-Identifier: MIT
#include "systemd/implicit.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace unitgate {

namespace {

// What DefaultDependencies=yes brings to the types that matter for a boot's order (systemd.service(5),
// systemd.socket(5), systemd.timer(5), systemd.path(5)); targets have a pass of their own.
struct Default {
    std::string_view type;
    std::string_view unit;
    Relation relation;
    bool reversed = false;
};
constexpr Default defaults[] = {
    {".service", "sysinit.target", Relation::requires_}, {".service", "sysinit.target", Relation::after},
    {".service", "basic.target", Relation::after},       {".socket", "sysinit.target", Relation::requires_},
    {".socket", "sysinit.target", Relation::after},      {".socket", "sockets.target", Relation::after, true},
    {".timer", "sysinit.target", Relation::requires_},   {".timer", "sysinit.target", Relation::after},
    {".timer", "timers.target", Relation::after, true},  {".path", "sysinit.target", Relation::requires_},
    {".path", "sysinit.target", Relation::after},        {".path", "paths.target", Relation::after, true},
};

std::string_view stem_of(std::string_view name) {
    return name.substr(0, name.rfind('.'));
}

// "srv-a\x2db" -> "/srv/a-b" (systemd-escape(1), --path)
std::string unescape_path(std::string_view stem) {
    if (stem == "-") return "/";
    std::string path = "/";
    for (std::size_t i = 0; i < stem.size(); ++i) {
        unsigned byte = 0;
        if (stem[i] == '-')
            path += '/';
        else if (stem.substr(i, 2) == "\\x" && i + 4 <= stem.size() &&
                 std::from_chars(stem.data() + i + 2, stem.data() + i + 4, byte, 16).ec == std::errc()) {
            path += static_cast<char>(byte);
            i += 3;
        } else
            path += stem[i];
    }
    return path;
}

Origin said_by(const UnitSetting& setting, const std::string& what) {
    return {setting.path, setting.line, what};
}

// A mount needs those that it lies in (systemd.mount(5)).
std::string_view parent_of(std::string_view path) {
    return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

void add_mounts(Graph& graph, UnitId id, const UnitFile& file, const MountPoints& mounts) {
    if (mounts.empty()) return;
    auto need = [&](std::string_view path, const Origin& origin) {
        for (const auto& [point, unit] : mounts) {
            bool covers =
                path == point || point == "/" ||
                (path.starts_with(point) && path.size() > point.size() && path[point.size()] == '/');
            if (!covers || unit == file.name) continue;
            UnitId mount = graph.unit(unit);
            graph.add(id, Relation::requires_, mount, origin);
            graph.add(id, Relation::after, mount, origin);
        }
    };
    if (file.name.ends_with(".mount")) {
        const std::string where = unescape_path(stem_of(file.name));
        if (where != "/") need(parent_of(where), {file.path, 0, "Where=" + where});
    }
    for (const auto& setting : file.all(UnitKey::requires_mounts_for))
        need(setting.value, said_by(setting, "RequiresMountsFor=" + setting.value));
    for (const auto& setting : file.all(UnitKey::working_directory))
        need(setting.value, said_by(setting, "WorkingDirectory=" + setting.value));
}

bool is_network_mount(const UnitFile& file) {
    std::string_view type = file.last(UnitKey::type), options = file.last(UnitKey::options);
    static constexpr std::string_view types[] = {"nfs", "nfs4", "cifs", "ceph", "glusterfs", "sshfs", "9p"};
    for (auto option : split(options, ','))
        if (option == "_netdev") return true;
    return std::find(std::begin(types), std::end(types), type) != std::end(types);
}

} // namespace

std::string triggered_by(const UnitFile& file) {
    if (!file.name.ends_with(".socket") && !file.name.ends_with(".timer") && !file.name.ends_with(".path"))
        return {};
    // One that accepts starts instances of a template.
    if (unit_boolean(file.last(UnitKey::accept)) == true) return {};
    std::string other(file.last(UnitKey::triggers));
    return other.empty() ? std::string(stem_of(file.name)) + ".service" : other;
}

bool refuses_defaults(const UnitFile& file) {
    return unit_boolean(file.last(UnitKey::default_dependencies)) == false;
}

MountPoints mount_points(const UnitFiles& files) {
    MountPoints mounts;
    for (const auto& name : files.names(".mount"))
        if (auto file = files.load(name, false); file && !file->masked)
            mounts.emplace(unescape_path(stem_of(name)), name);
    return mounts;
}

void add_implicit(Graph& graph, UnitId id, const UnitFile& file, const MountPoints& mounts,
                  bool only_drop_ins) {
    add_mounts(graph, id, file, mounts);
    for (const auto& setting : file.all(UnitKey::sockets)) {
        UnitId socket = graph.unit(setting.value);
        graph.add(id, Relation::wants, socket, said_by(setting, "Sockets=" + setting.value));
        graph.add(id, Relation::after, socket, said_by(setting, "Sockets=" + setting.value));
    }
    for (const auto& setting : file.all(UnitKey::slice)) {
        UnitId slice = graph.unit(setting.value);
        graph.add(id, Relation::requires_, slice, said_by(setting, "Slice=" + setting.value));
        graph.add(id, Relation::after, slice, said_by(setting, "Slice=" + setting.value));
    }
    if (file.name.ends_with(".slice"))
        if (auto dash = stem_of(file.name).rfind('-'); dash != std::string_view::npos && dash > 0) {
            UnitId parent = graph.unit(file.name.substr(0, dash) + ".slice");
            graph.add(id, Relation::requires_, parent, {file.path, 0, "a slice is inside its parent"});
            graph.add(id, Relation::after, parent, {file.path, 0, "a slice is inside its parent"});
        }
    if (only_drop_ins) return;
    if (auto triggered = triggered_by(file); !triggered.empty())
        graph.add(graph.unit(triggered), Relation::after, id,
                  {file.path, 0, "a unit starts after what triggers it"});
    if (refuses_defaults(file)) return;
    Origin by_default{{}, 0, "by default"};
    for (const Default& each : defaults) {
        if (!file.name.ends_with(each.type)) continue;
        UnitId other = graph.unit(each.unit);
        graph.add(each.reversed ? other : id, each.relation, each.reversed ? id : other, by_default);
    }
    if (file.name.ends_with(".mount"))
        graph.add(graph.unit(is_network_mount(file) ? "remote-fs.target" : "local-fs.target"),
                  Relation::after, id, by_default);
}

} // namespace unitgate
