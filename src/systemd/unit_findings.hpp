// SPDX-License-Identifier: MIT
// What is wrong with the units in force, those that systemd would start or has loaded, when they are held
// against their specs: unit-stale, unit-shadowed, unit-masked, timeout-too-short, no-timeout. Reads unit
// files; asks no manager, but takes what one has said. The same with and without a manager, unless files have
// changed since.
#pragma once

#include <span>

#include "base/diagnostic.hpp"
#include "spec/model.hpp"
#include "systemd/live_graph.hpp"
#include "systemd/unit_file.hpp"
#include "systemd/unit_files.hpp"

namespace unitgate {

struct UnitsInForce {
    const UnitFiles& files;
    // How the generator of this program makes units of these specs.
    UnitContext context;
    // A booted host, and specs that its generator reads: then each of them must have a unit.
    bool expects_units = false;
    const LiveUnits* live = nullptr; // null: no manager was asked
};

Diagnostics find_unit_problems(std::span<const Spec> specs, const UnitsInForce& units);

} // namespace unitgate
