// SPDX-License-Identifier: MIT
// The servers that HTTP probes are proved against, as data. Called by gate/prove.
#pragma once

#include <optional>
#include <string>

#include "gate/proof_answers.hpp"
#include "gate/server_case.hpp"

namespace unitgate {

// What a proof knows of the answers of one app.
struct KnownAnswers {
    std::optional<Answer> healthy;
    std::string healthy_from; // "the app's own answer", "made from the spec"
    Expansion expansion, old; // of the version now, and of another one
};

ServerCases http_cases(const HttpProbe& probe, const KnownAnswers& known);

} // namespace unitgate
