// SPDX-License-Identifier: MIT
// The request that a probe's endpoint stands for, with version and credentials filled in. Called by the
// probes that make requests.
#pragma once

#include "base/error.hpp"
#include "gate/credentials.hpp"
#include "io/curl.hpp"
#include "spec/expand.hpp"
#include "spec/model.hpp"

namespace unitgate {

// The endpoint's URL as it is asked for: a version in it is encoded.
std::string request_url(const Endpoint& endpoint, const Expansion& expansion);

// Where to go, headers and TLS; method, body and what is wanted of the answer are the caller's. A URL with a
// numeric host says where to connect without a look-up. Fails where the URL or a header can't be used or a
// credential is unknown.
Result<HttpRequest> make_request(const Endpoint& endpoint, const Expansion& expansion,
                                 const Credentials& credentials);

} // namespace unitgate
