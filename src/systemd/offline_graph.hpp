// SPDX-License-Identifier: MIT
// The graph of a host without its manager: specs and unit files, with the dependencies that systemd adds on
// its own. Called by verify and plan; for the same host the live graph must lead to the same findings.
#pragma once

#include <span>

#include "plan/graph.hpp"
#include "spec/model.hpp"
#include "systemd/unit_files.hpp"

namespace unitgate {

// As it would be after a daemon-reload: of a unit that unitgate has generated the spec speaks alone, and its
// drop-ins. An installed unit file that shadows it speaks for it as well.
Graph read_offline_graph(const UnitFiles& files, std::span<const Spec> specs);

} // namespace unitgate
