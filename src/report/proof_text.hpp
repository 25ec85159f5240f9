// SPDX-License-Identifier: MIT
// What `prove` shows of a proof. Pure.
#pragma once

#include <string>

#include "base/json.hpp"
#include "gate/proof.hpp"

namespace unitgate {

std::string proof_text(const std::vector<ProbeProof>& probes);
Json proof_json(const std::vector<ProbeProof>& probes); // a list

} // namespace unitgate
