// SPDX-License-Identifier: MIT
// The probe of a command: passes when it exits with status 0. However a try ends, nothing that it has started
// is left running. Called by make_prober().
#pragma once

#include <memory>

#include "gate/prober.hpp"

namespace unitgate {

std::unique_ptr<Prober> make_exec_prober(const Event& event, const ExecProbe& probe, Duration timeout,
                                         const Expansion& expansion);

} // namespace unitgate
