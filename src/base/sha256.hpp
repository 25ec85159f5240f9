// SPDX-License-Identifier: MIT
// SHA-256 (FIPS 180-4) of a short text. For fingerprints, so that no library is linked for them.
#pragma once

#include <string>
#include <string_view>

namespace unitgate {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

} // namespace unitgate
