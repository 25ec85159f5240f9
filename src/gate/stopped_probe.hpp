// SPDX-License-Identifier: MIT
// What stands in for a probe while a rehearsal has its server stopped: it fails whatever the app answers, for
// apps outlive their deploy units and a cold boot would have none. Made by gate/probers.
#pragma once

#include <memory>

#include "gate/prober.hpp"

namespace unitgate {

// `target` of the probe it stands in for; `server` is the unit that is stopped.
std::unique_ptr<Prober> make_stopped_prober(std::string target, std::string server);

} // namespace unitgate
