// SPDX-License-Identifier: MIT
// All probers of a spec's gate, with their names and what part each plays. Made for gate/gate and gate/watch.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "gate/credentials.hpp"
#include "gate/prober.hpp"
#include "gate/roles.hpp"
#include "io/bus.hpp"
#include "io/event.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct Probers { // of equal length
    std::vector<std::string> names;
    std::vector<std::unique_ptr<Prober>> probers;
    std::vector<ProbeRole> roles;
};

using StoppedServers = std::map<std::string, std::string>; // probe -> unit that a rehearsal has stopped

// Fails where one can't be made: an unknown credential, an unusable pattern, no libcurl. `stopped` are the
// probes that fail as unit-stopped instead of asking, with the unit that would answer them. `manager` is
// asked about units.
Result<Probers> make_probers(const Event& event, const GateSection& section, const Expansion& expansion,
                             const Credentials& credentials, const StoppedServers& stopped = {},
                             const BusTarget& manager = own_bus());

} // namespace unitgate
