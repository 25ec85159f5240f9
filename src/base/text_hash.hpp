// SPDX-License-Identifier: MIT
// For tables of texts that are looked up by a view, without making a string.
#pragma once

#include <functional>
#include <string_view>

namespace unitgate {

struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
};

} // namespace unitgate
