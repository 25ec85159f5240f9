// SPDX-License-Identifier: MIT
// A server that a probe is proved against, as data, and those that probes of several kinds meet. For
// gate/prove and the tables of each kind.
#pragma once

#include <string>
#include <vector>

#include "gate/proof.hpp"
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
    // The app itself answers, in time and whole, only not as the probe wants: with `not = true` that passes,
    // as it should.
    bool is_answer = false;
};
using ServerCases = std::vector<ServerCase>;

// Where a server gets through although no key of a spec could keep it out.
inline constexpr const char* not_ours = "no key of a spec closes this: it is a fault of unitgate";

// One that must fail; it is a hole where it gets through.
ServerCase broken(std::string server, ServerScript script, std::string key = "", std::string note = not_ours);
// One whose app answers, and not what is wanted.
ServerCase wrong_answer(std::string server, ServerScript script, std::string key = "",
                        std::string note = not_ours);
// One that must pass.
ServerCase healthy_copy(std::string server, ServerScript script);

// Refused, reset, hanging and cut off. `read` takes a request in; `half` is an answer that lacks its end,
// empty: there is none.
void add_connections(ServerCases& all, ServerStep::Do read, const std::string& half);

// With https: bad certificates, before `script`, which answers well.
void add_certificates(ServerCases& all, const Endpoint& endpoint, const ServerScript& script);

} // namespace unitgate
