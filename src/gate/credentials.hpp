// SPDX-License-Identifier: MIT
// Secrets of a run, the one place that reads them. Their values go into the headers and bodies of requests
// and nowhere else: no error text, log line, status or alert ever holds one.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "spec/model.hpp"

namespace unitgate {

using Credentials = std::map<std::string, std::string>; // ID -> value

// Those of the spec, read from $CREDENTIALS_DIRECTORY (systemd.exec(5)), or, without systemd, from the paths
// of the spec. One trailing newline is dropped; a value that is empty, longer than 64 KiB or has control
// bytes left is refused.
Result<Credentials> read_credentials(const Spec& spec);
// One of them; `source` is its path in the spec.
Result<std::string> read_credential(const std::string& id, const std::string& source);

// `text` with each {credential:ID} replaced. Fails for an ID that is not there and for an unclosed
// placeholder.
Result<std::string> expand_credentials(std::string_view text, const Credentials& credentials);

} // namespace unitgate
