// SPDX-License-Identifier: MIT
// The curl command that asks what an HTTP or swarm probe asks, for a person to copy. Pure.
#pragma once

#include <string>

#include "base/time.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

// Credentials stay placeholders; a literal header value, user, password and query read "[hidden]", but for
// headers that say what kind of content is meant.
std::string curl_command(const HttpProbe& probe, const Expansion& expansion, Duration timeout);
std::string curl_command(const SwarmProbe& probe, Duration timeout);

} // namespace unitgate
