// SPDX-License-Identifier: MIT
// What is behind a ServerIdentity. Only throwaway_authority.cpp and bad_server_talk.cpp include this.
#pragma once

#include "io/openssl_library.hpp"
#include "io/throwaway_authority.hpp"

namespace unitgate {

struct ServerIdentity::State {
    explicit State(const OpenSslLibrary& ssl_) : ssl(ssl_) {}
    State(const State&) = delete;
    ~State() { ssl.SSL_CTX_free(context); }
    const OpenSslLibrary& ssl;
    SSL_CTX* context = nullptr;
};

} // namespace unitgate
