// SPDX-License-Identifier: MIT
// `--help` and `--version` as text, made from the tables of verb.hpp. Called by main; prints nothing.
#pragma once

#include <string>

#include "app/verb.hpp"

namespace unitgate {

std::string help_text();
std::string help_text(const Verb& verb);
std::string version_text();

} // namespace unitgate
