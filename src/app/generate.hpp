// SPDX-License-Identifier: MIT
// Specs to unit files: what `unitgate generate` and the systemd generator (systemd.generator(7)) share.
#pragma once

#include <string>
#include <vector>

#include "app/verb.hpp"
#include "base/diagnostic.hpp"
#include "base/error.hpp"
#include "systemd/write_units.hpp"

namespace unitgate {

// What the units that this program writes have in common. `spec_folders` as --specs gave them; they are made
// absolute, as the units name them. Fails where the working folder can't be told.
Result<UnitContext> unit_context(const std::vector<std::string>& spec_folders);

struct Generated {
    WrittenUnits units;
    Diagnostics diagnostics;
};

// Reads all specs and writes their units into `folder`. Fails only when the folder cannot be used.
Result<Generated> generate(const SpecPath& where, const std::vector<std::string>& spec_folders,
                           const std::string& folder);

// Whether systemd called this program by its generator's name.
bool is_generator(std::string_view program);

// `arguments`: the three folders that systemd hands to a generator, or one. Messages go to the kernel log.
// Gives the exit code: 0 unless nothing could be written.
int run_generator(const std::vector<std::string>& arguments);

} // namespace unitgate
