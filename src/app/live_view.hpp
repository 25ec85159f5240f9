// SPDX-License-Identifier: MIT
// What this host itself can tell while it is up: its service manager, and who listens on its ports. For
// verify, which works without as well.
#pragma once

#include <span>
#include <vector>

#include "io/event.hpp"
#include "plan/findings.hpp"
#include "spec/model.hpp"
#include "systemd/live_graph.hpp"

namespace unitgate {

// Whether systemd is the service manager here (sd_booted(3)).
bool is_booted();

// The units around the specs, as the manager has loaded them. Fails when it does not answer within some
// seconds.
Result<LiveUnits> ask_manager(Event& event, std::span<const Spec> specs);

// Who listens now where the specs' probes connect. `specs` must outlive it.
std::vector<Listening> who_listens(std::span<const Spec> specs);

} // namespace unitgate
