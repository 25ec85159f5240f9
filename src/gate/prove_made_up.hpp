// SPDX-License-Identifier: MIT
// What a proof shows a probe that no server can be made for: states of a unit and answers of a name that are
// made up and judged as the probe would, and commands that stand in for its own. Asks no systemd and no name
// server. Used by gate/prove.
#pragma once

#include <string>
#include <vector>

#include "gate/proof.hpp"
#include "spec/model.hpp"

namespace unitgate {

// `turned`: the probe has `not = true`.
std::vector<ProofRow> unit_rows(bool turned);
std::vector<ProofRow> dns_rows(const DnsProbe& probe, bool turned);

struct StandIn {
    std::string what; // see ProofRow::server
    std::vector<std::string> command;
    bool is_healthy = false, hangs = false;
};
std::vector<StandIn> exec_stand_ins();

// A name that no name server is asked for, as no name can have it.
std::string impossible_name();

} // namespace unitgate
