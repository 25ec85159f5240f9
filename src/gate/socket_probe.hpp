// SPDX-License-Identifier: MIT
// Probes that pass when something takes a connection: `tcp` and `unix`. Nothing is sent; the connection is
// closed at once. Called by make_prober().
#pragma once

#include <memory>

#include "gate/prober.hpp"

namespace unitgate {

std::unique_ptr<Prober> make_tcp_prober(const Event& event, const TcpProbe& probe, Duration timeout);
std::unique_ptr<Prober> make_unix_prober(const Event& event, const UnixProbe& probe, Duration timeout);

} // namespace unitgate
