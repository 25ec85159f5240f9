// SPDX-License-Identifier: MIT
// The HTTP probe: one request a try, judged by its rules. While nothing listens it makes a plain connection
// instead, which costs a tenth of a request, and hands the first one that succeeds over to the request.
// Called by make_prober().
#pragma once

#include <memory>

#include "gate/prober.hpp"

namespace unitgate {

// Fails where URL, pattern, pointer or header can't be used, a credential is unknown, or libcurl can't be
// loaded.
Result<std::unique_ptr<Prober>> make_http_prober(const Event& event, const HttpProbe& probe, Duration timeout,
                                                 const Expansion& expansion, const Credentials& credentials);

} // namespace unitgate
