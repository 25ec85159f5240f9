// SPDX-License-Identifier: MIT
// Writes a UnitSet into a folder, each file whole or not at all. Not made durable: the units are made again
// from the specs at each boot and each daemon-reload. Removes nothing.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "systemd/unit_set.hpp"

namespace unitgate {

struct WrittenUnits {
    std::vector<std::string>
        written;               // relative to the folder: "deploy-proxy.service", "deploy.target.wants/..."
    std::vector<Error> errors; // what could not be written; the rest was
};

// `folder` is made when it is missing. Fails only when the folder itself cannot be used. A file there that
// does not begin with unit_file_mark, or something else than a link where a link belongs, is an error and
// stays as it is.
Result<WrittenUnits> write_units(const UnitSet& set, const std::string& folder);

} // namespace unitgate
