// SPDX-License-Identifier: MIT
// The proof that a gate has teeth: its own probes, made and tried by the code that `run` uses, against
// servers on the loopback that are broken on purpose. Each probe is redirected by `connect`; with TLS it
// trusts a throwaway authority instead of `ca`, which its servers have certificates of. Used by the verb
// `prove`.
#pragma once

#include <map>
#include <string>

#include "gate/proof.hpp"
#include "gate/proof_answers.hpp"
#include "io/event.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct ProofInputs {
    Expansion expansion;
    std::map<std::string, Answer> own; // probe -> what its app answers right now, where it passes
};

// Runs the loop. Fails only where the loop does: what can't be set up is a row that is not shown.
Result<ProbeProof> prove_probe(Event& event, const Spec& spec, const Probe& probe, const ProofInputs& inputs);

} // namespace unitgate
