// SPDX-License-Identifier: MIT
// The probe of a file: passes while it exists and, where that is asked, was written lately by the wall clock.
// Called by make_prober().
#pragma once

#include <memory>

#include "gate/prober.hpp"

namespace unitgate {

std::unique_ptr<Prober> make_file_prober(const Event& event, const FileProbe& probe, Duration timeout,
                                         const Expansion& expansion);

} // namespace unitgate
