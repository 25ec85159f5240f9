// SPDX-License-Identifier: MIT
// The probe of another unit: passes while systemd says that it is active. The manager's signals keep the
// answer at hand, so a try costs no call, and a change asks for a new try by itself. Called by make_prober().
#pragma once

#include <memory>

#include "gate/prober.hpp"
#include "systemd/unit_watch.hpp"

namespace unitgate {

// `units` is the connection; several probers may share it.
std::unique_ptr<Prober> make_unit_prober(const Event& event, const UnitProbe& probe, Duration timeout,
                                         std::shared_ptr<UnitWatch> units);

// What a unit's state means to the probe. Pure.
TryResult judge_unit(const UnitState& state);

// For [gate] main_unit: fails once the unit that the app runs as has died, and no waiting heals that. Until
// it has been seen active, a unit that is inactive has yet to be started.
std::unique_ptr<Prober> make_life_prober(const Event& event, const std::string& unit, Duration timeout,
                                         std::shared_ptr<UnitWatch> units);

// The same of one state. `was_up`: it was seen active before. Pure.
TryResult judge_life(const UnitState& state, bool was_up);

} // namespace unitgate
