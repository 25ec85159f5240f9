// SPDX-License-Identifier: MIT
// The servers that HTTP probes are proved against, as data. Called by gate/prove.
#pragma once

#include <string>
#include <vector>

#include "gate/proof.hpp"
#include "gate/proof_answers.hpp"
#include "io/bad_server.hpp"

namespace unitgate {

struct ServerCase {
    std::string server; // see ProofRow
    enum class Way { listens, refuses, full } way = Way::listens;
    ServerScript script;           // what comes after the handshake
    bool before_handshake = false; // there is none: the script comes first
    ServerTls tls;
    enum class Must { fail, pass, not_shown } must = Must::fail;
    Grade otherwise = Grade::hole; // where it does not do what it must
    std::string key, note;         // see ProofRow; of `otherwise`, or why it is not shown
    bool hangs = false;
};

// What a proof knows of the answers of one app.
struct KnownAnswers {
    std::optional<Answer> healthy;
    std::string healthy_from; // "the app's own answer", "made from the spec"
    Expansion expansion, old; // of the version now, and of another one
};

std::vector<ServerCase> http_cases(const HttpProbe& probe, const KnownAnswers& known);

} // namespace unitgate
