// SPDX-License-Identifier: MIT
// The probe of a gRPC server: asks its health service, and passes while that says SERVING. Called by
// make_prober().
#pragma once

#include <memory>

#include "gate/prober.hpp"

namespace unitgate {

// Fails as make_http_prober() does.
Result<std::unique_ptr<Prober>> make_grpc_prober(const Event& event, const GrpcProbe& probe, Duration timeout,
                                                 const Expansion& expansion, const Credentials& credentials);

} // namespace unitgate
