// SPDX-License-Identifier: MIT
// Proofs of one probe for the tests of `prove`, and the rows in them.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "gate/prove.hpp"
#include "gate_server.hpp"

namespace unitgate::test {

inline ProbeProof proof_of(decltype(Probe::check) check, const std::map<std::string, Answer>& own = {},
                           const Expansion& with = {"5.1.1+v3.6.15", "3.6.15"}) {
    Spec spec;
    spec.gate.timeout = 1s; // what hangs is waited for
    Event event = Event::create().value();
    ProofInputs inputs{with, own};
    return prove_probe(event, spec, probe_of(std::move(check)), inputs).value();
}

inline HttpProbe gate_of(std::vector<StatusRange> status, const std::string& connect = "192.0.2.1:443") {
    HttpProbe probe;
    probe.url = "https://traefik.ci.example.net/api/version";
    probe.connect = parse_socket_address(connect).value();
    probe.status = std::move(status);
    return probe;
}

using Words = std::vector<std::string>;

inline Words servers(const ProbeProof& proof, Grade grade, const std::string& key = "*") {
    Words found;
    for (const ProofRow& row : proof.rows)
        if (row.grade == grade && (key == "*" || row.key == key)) found.push_back(row.server);
    return found;
}

inline const ProofRow& row_of(const ProbeProof& proof, std::string_view server) {
    for (const ProofRow& row : proof.rows)
        if (row.server == server) return row;
    throw std::runtime_error("no row '" + std::string(server) + "'");
}

inline std::string cause_of(const ProbeProof& proof, std::string_view server) {
    return std::string(cause_name(row_of(proof, server).result.cause));
}

} // namespace unitgate::test
