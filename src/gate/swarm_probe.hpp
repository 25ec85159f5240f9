// SPDX-License-Identifier: MIT
// The probe of a service of a Docker swarm: passes while as many of its tasks run as it wants, at least one,
// and no update of it is unfinished. Asks the Docker Engine API on its Unix socket. Called by make_prober().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gate/evidence.hpp"
#include "gate/prober.hpp"
#include "io/curl.hpp"

namespace unitgate {

// Fails where libcurl is needed (see HttpTransfer::create()) and can't be loaded.
Result<std::unique_ptr<Prober>> make_swarm_prober(const Event& event, const SwarmProbe& probe,
                                                  Duration timeout);

// What an answer to GET /services?status=true means for `service`. No detail holds any of it but numbers.
TryResult judge_service(const std::string& service, const HttpAnswer& answer);
// The same for a person: its replicas, and its update where there was one. Nothing where the service is not
// in it.
std::vector<Compared> compare_service(const std::string& service, const HttpAnswer& answer);

// What the Docker Engine is asked for.
std::string swarm_url(const std::string& service);

} // namespace unitgate
