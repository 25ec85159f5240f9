// SPDX-License-Identifier: MIT
// What the probes of a spec need when a person tries them by hand, and which of them can't be tried without
// it. For `probe` and `prove`; both work for any user, with what that user may read.
#pragma once

#include <map>
#include <string>

#include "app/verb.hpp"
#include "gate/credentials.hpp"
#include "io/bus.hpp"
#include "io/event.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

struct GateInputs {
    BusTarget manager;        // of the units that probes ask about: the system's, or with --user the user's
    Expansion expansion;      // of no meaning where version_from is empty
    std::string version_from; // "last good", "wanted" or "given"
    std::string unknown;      // why there is none
    Credentials credentials;  // those that could be read
    std::map<std::string, std::string> untried; // probe -> why it can't be tried
};

enum class LookUpWanted {
    if_mentioned, // where a probe asks for the version
    always,      // `prove` says how to compare it, too
};
// The version is that of --as, else the last good one, else the wanted one; the version command is run, and
// the loop meanwhile, only where that one is looked up.
Result<GateInputs> find_gate_inputs(Event& event, const Spec& spec, const Invocation& invocation,
                                    LookUpWanted look_up);

// A section with those probes alone that can be tried.
GateSection possible_probes(const Spec& spec, const GateInputs& inputs);

} // namespace unitgate
