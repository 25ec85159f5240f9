// SPDX-License-Identifier: MIT
// The text of a deploy unit, from its spec. Pure; written out by write_units, called through make_unit_set.
#pragma once

#include <string>
#include <vector>

#include "spec/load.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct UnitContext {
    std::string binary;                    // absolute path of unitgate
    std::vector<std::string> spec_folders; // --specs, absolute, passed on to `run`; empty: the usual folders
};

// The first line of each unit file that is ours. A file without it is never overwritten.
inline constexpr std::string_view unit_file_mark =
    "# Made by unitgate; edits are lost, edit the spec instead.";

// TimeoutStartSec= is this much longer than the longest run: only a run that hangs is ended by systemd.
inline constexpr Duration start_timeout_margin = 30s;

std::string unit_text(const Spec& spec, const UnitContext& context);

// For [unit] schedule: the timer, and the service it starts, which reconciles this one spec.
std::string timer_text(const Spec& spec);
std::string reconcile_text(const Spec& spec, const UnitContext& context);
// "deploy-NAME.timer", "unitgate-reconcile@NAME.service"
std::string timer_name(const Spec& spec);
std::string reconcile_name(const Spec& spec);

// For a spec that is bad: a unit of the same name whose start fails with the reason.
std::string unit_text(const LoadedSpecs::Broken& broken, const UnitContext& context);

} // namespace unitgate
