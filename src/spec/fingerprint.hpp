// SPDX-License-Identifier: MIT
// A hash of a parsed table: the same for every order of keys and every spacing, another for every other
// content. A hash and not the text, because values may be secrets and it is kept in the state file.
#pragma once

#include <string>

#include "spec/toml.hpp"

namespace unitgate {

std::string fingerprint(const Node& table); // 64 hexadecimal digits

} // namespace unitgate
