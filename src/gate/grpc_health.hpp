// SPDX-License-Identifier: MIT
// The two messages of grpc.health.v1.Health/Check, by hand: each has one field, and no library for that is
// worth its weight. Pure. The formats: "gRPC over HTTP2" (PROTOCOL-HTTP2.md of gRPC), the encoding of
// protocol buffers, and health.proto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gate/evidence.hpp"
#include "gate/result.hpp"
#include "io/curl.hpp"

namespace unitgate {

// HealthCheckRequest with its length in front; no service: the server as a whole.
std::string health_request(std::string_view service);

// The field `status` of HealthCheckResponse, 0 (UNKNOWN) where it is not there; nullopt where `body` is not
// one whole uncompressed message.
std::optional<std::uint64_t> read_health_response(std::string_view body);

// What an answer to Check means; it needs the headers "grpc-status" and "content-type". No detail holds what
// the server says in its own words.
TryResult judge_health(const HttpAnswer& answer);
// The same rule by rule, for a person.
std::vector<Compared> compare_health(const HttpAnswer& answer);

} // namespace unitgate
