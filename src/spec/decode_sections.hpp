// SPDX-License-Identifier: MIT
// One function for each section of a spec. Internal to spec/decode*.cpp.
#pragma once

#include "spec/reader.hpp"

namespace unitgate {

void decode_unit(const Node* table, const Report& report, UnitSection& unit);
void decode_version(const Node* table, const Report& report, VersionSource& version);
void decode_deploy(const Node* table, const Report& report, Deploy& deploy);
// `has_directory`: [deploy] has one, which their commands run in too.
void decode_rollback(const Node* table, const Report& report, bool has_directory, Rollback& rollback);
void decode_stop(const Node* table, const Report& report, bool has_directory,
                 std::vector<std::string>& command);
// Reads `spec.credentials` and `spec.domain`; `no_domain` is the remedy where a path has no domain, or empty
// when the domain is merely wrong and already reported.
void decode_gate(const Node* table, const Report& report, const std::string& no_domain, Spec& spec);
void decode_watch(const Node* table, const Report& report, std::optional<WatchSection>& watch);
// `position` counts from 1.
Probe decode_probe(const Node& table, std::size_t position, const Report& report,
                   const std::string& no_domain, const Spec& spec);

// Of a probe, the keys of an HTTP request (`key`: "url" or "path", or empty where neither is there) and of a
// gRPC one.
HttpProbe decode_http(const Reader& in, std::string_view key, const std::string& no_domain, const Spec& spec);
GrpcProbe decode_grpc(const Reader& in, const Spec& spec);
std::string probe_kinds(); // the keys that say what kind a probe is, as "path, url or tcp"

// A missing key or table, unless the file could not be read to its end.
void report_missing(const Report& report, const Place& place, std::string cause, std::string remedy);

} // namespace unitgate
