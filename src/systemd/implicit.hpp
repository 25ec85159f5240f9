// SPDX-License-Identifier: MIT
// Dependencies that no unit file says and systemd adds on its own (systemd.unit(5), "Implicit Dependencies",
// "Default Dependencies", and the page of each type). The manager lists them; offline they are derived here.
// Left out is what can be in no chain between services: shutdown, devices, the default slices. Pure.
#pragma once

#include <map>
#include <string>

#include "plan/graph.hpp"
#include "systemd/unit_files.hpp"

namespace unitgate {

// Where each mount unit mounts -> its name, which systemd requires to be made from that (systemd.mount(5)).
using MountPoints = std::map<std::string, std::string>;
MountPoints mount_points(const UnitFiles& files);

// `file` must be neither masked nor without a main file, unless `only_drop_ins`: then defaults, which come
// with the unit itself, are left out. A slice needs no file.
void add_implicit(Graph& graph, UnitId id, const UnitFile& file, const MountPoints& mounts,
                  bool only_drop_ins);

// What a socket, timer or path unit starts, later than any job of a boot; empty: nothing.
std::string triggered_by(const UnitFile& file);

bool refuses_defaults(const UnitFile& file); // DefaultDependencies=no

} // namespace unitgate
