// SPDX-License-Identifier: MIT
// The HTTP probe: one request a try, judged by its rules. Called by make_prober().
#pragma once

#include <memory>

#include "gate/prober.hpp"

namespace unitgate {

// Fails where URL, pattern, pointer or header can't be used, a credential is unknown, or libcurl is
// needed and can't be loaded.
Result<std::unique_ptr<Prober>> make_http_prober(const Event& event, const HttpProbe& probe, Duration timeout,
                                                 const Expansion& expansion, const Credentials& credentials);

} // namespace unitgate
