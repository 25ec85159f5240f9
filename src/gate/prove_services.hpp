// SPDX-License-Identifier: MIT
// The servers that gRPC and swarm probes are proved against, as data. Called by gate/prove.
#pragma once

#include "gate/server_case.hpp"

namespace unitgate {

ServerCases grpc_cases(const GrpcProbe& probe);   // gate/prove_grpc.cpp
ServerCases swarm_cases(const SwarmProbe& probe); // gate/prove_swarm.cpp

} // namespace unitgate
