// SPDX-License-Identifier: MIT
// A certificate authority that lives as long as one proof, and certificates of it that are good or bad in one
// way. Nothing of it is written to a disk. Used by `prove` and by tests; see openssl(1), x509v3_config(5).
#pragma once

#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace unitgate {

enum class CertificateFault { none, expired, wrong_name, self_signed, unknown_issuer };

struct ServerTls {
    CertificateFault fault = CertificateFault::none;
    int days = 30;             // that the certificate is valid from now on, where it is not expired
    bool only_tls_1_0 = false; // else 1.2 and later
    bool http_2 = false;       // offered by ALPN
};

// Certificate, key and settings of a TLS server; for io/bad_server.
class ServerIdentity {
  public:
    struct State;
    explicit ServerIdentity(std::shared_ptr<State> state) : state_(std::move(state)) {}
    const State& state() const { return *state_; }

  private:
    std::shared_ptr<State> state_;
};

class ThrowawayAuthority {
  public:
    // Loads OpenSSL at the first call.
    static Result<ThrowawayAuthority> create();
    // A path that this process can read the authority's certificate (PEM) from, as long as this lives.
    const std::string& path() const { return path_; }
    // "sha256//BASE64" of the key of its good certificates, as CURLOPT_PINNEDPUBLICKEY(3) takes it; bad ones
    // are for another key.
    std::string pin() const;
    // `host`: what clients connect to by name, or a numeric address.
    Result<ServerIdentity> identity(const std::string& host, const ServerTls& tls = {}) const;

  private:
    struct State;
    std::shared_ptr<State> state_;
    Fd file_; // in memory
    std::string path_;
};

} // namespace unitgate
